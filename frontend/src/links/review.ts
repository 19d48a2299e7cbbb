// The reviewer's part: reasons pinned to the track that is shown, accept or send back.

import { clock, el, icon, must, plural } from "../workbench/dom.ts";
import { offerNext } from "../workbench/next.ts";
import { nameOf } from "./cards.ts";
import type { Desk } from "./desk.ts";
import type { LinkBench } from "./main.ts";
import type { LinksPage } from "./wire.ts";

interface Reason {
  readonly frame: number;
  readonly track: string;
  readonly text: string;
  readonly name: string;
}

export class Review {
  readonly #reasons: Reason[] = [];
  readonly #text = must<HTMLTextAreaElement>("reason");
  readonly #error = must("review-error");
  readonly #buttons = [must<HTMLButtonElement>("accept"), must<HTMLButtonElement>("send-back")] as const;
  #decided = false;

  constructor(readonly page: LinksPage, readonly bench: LinkBench, readonly desk: Desk) {
    must("reason-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    this.#buttons[0].addEventListener("click", () => void this.#decide("accept"));
    this.#buttons[1].addEventListener("click", () => void this.#decide("send_back"));
    addEventListener("beforeunload", (event) => { if (!this.#decided && this.#reasons.length) event.preventDefault(); });
    this.#draw();
  }

  #add(): void {
    const text = this.#text.value.trim();
    if (!text) return this.#text.focus();
    const { subject } = this.bench;
    // Frames of a task are those of its clip, where its subjects are.
    this.#reasons.push({ frame: subject.views[0]!.frame, track: subject.track, text, name: nameOf(subject) });
    this.#text.value = "";
    this.#draw();
  }

  #draw(): void {
    const n = this.#reasons.length;
    must("reasons").replaceChildren(...this.#reasons.map((reason) => this.#row(reason)));
    must("reasons-count").textContent = n ? plural(n, "reason") : "no reasons yet";
    must("send-back-why").hidden = n > 0;
    this.#buttons[0].disabled = this.#decided;
    this.#buttons[1].disabled = n === 0 || this.#decided;
  }

  #row(reason: Reason): HTMLElement {
    const drop = el("button", { type: "button", class: "mini-b", "aria-label": `Drop the reason for ${reason.name}`, title: "Drop this reason" }, icon("x"));
    drop.addEventListener("click", () => {
      this.#reasons.splice(this.#reasons.indexOf(reason), 1);
      this.#draw();
    });
    return el("li", {}, el("b", {}, reason.name), el("span", { class: "wrap" }, reason.text), drop);
  }

  async #decide(outcome: "accept" | "send_back"): Promise<void> {
    this.#error.hidden = true;
    for (const button of this.#buttons) button.disabled = true;
    try {
      // Accepted work has no reasons; what was written stays the reviewer's own.
      await this.desk.decide(outcome, outcome === "accept" ? [] : this.#reasons.map(({ frame, track, text }) => ({ frame, track, text })));
      this.#decided = true;
      const [title, text] = outcome === "accept"
        ? ["Accepted.", `The links count since ${clock(new Date())}.`]
        : ["Sent back.", `${plural(this.#reasons.length, "reason")} go with it to whoever takes it next.`];
      this.bench.end("decided");
      offerNext(this.page, this.bench.notes, title!, text!);
      must("reason-form").hidden = true;
    } catch (error) {
      this.#error.lastElementChild!.textContent = (error as Error).message;
      this.#error.hidden = false;
    } finally {
      this.#draw();
    }
  }
}
