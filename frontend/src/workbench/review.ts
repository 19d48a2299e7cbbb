// The reviewer's page: the workbench read only, reasons pinned to frames, accept or send back.

import type { Problem, TaskPage } from "../labels/wire.ts";
import { clock, count, el, icon, must, plural } from "./dom.ts";
import { openWorkbench } from "./opening.ts";
import type { Workbench } from "./workbench.ts";

interface ReviewPage extends TaskPage {
  urls: TaskPage["urls"] & { review: string };
}

interface Reason {
  frame: number;
  track: string | null;
  text: string;
}

class Review {
  readonly #reasons: Reason[] = [];
  readonly #text = must<HTMLTextAreaElement>("reason");
  readonly #error = must("review-error");
  readonly #buttons = [must<HTMLButtonElement>("accept"), must<HTMLButtonElement>("send-back")];
  #decided = false;

  constructor(readonly page: ReviewPage, readonly workbench: Workbench) {
    must("reason-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    must("pin").addEventListener("click", () => this.#text.focus());
    this.#buttons[0]!.addEventListener("click", () => void this.#decide("accept"));
    this.#buttons[1]!.addEventListener("click", () => void this.#decide("send_back"));
    workbench.session.onChange(() => this.#follow());
    addEventListener("beforeunload", (event) => {
      if (!this.#decided && (this.#reasons.length || this.#text.value.trim())) event.preventDefault();
    });
  }

  /** The form always says which frame, and which object, a reason would be pinned to. */
  #follow(): void {
    const { session } = this.workbench;
    must("reason-frame").textContent = count(session.frame);
    must("reason-track").textContent = session.track ? `, ${session.nameOf(session.track)}` : "";
  }

  #add(): void {
    const text = this.#text.value.trim();
    if (!text) return this.#text.focus();
    const { session } = this.workbench;
    this.#reasons.push({ frame: session.frame, track: session.selected, text });
    this.#reasons.sort((a, b) => a.frame - b.frame);
    this.#text.value = "";
    this.#draw();
  }

  #draw(): void {
    const n = this.#reasons.length;
    must("reasons").replaceChildren(...this.#reasons.map((reason) => this.#row(reason)));
    must("reasons-count").textContent = n ? plural(n, "reason") : "no reasons yet";
    must("send-back-why").hidden = n > 0;
    this.#buttons[1]!.disabled = n === 0 || this.#decided;
    this.#buttons[0]!.disabled = this.#decided;
    for (const button of this.#buttons) button.classList.toggle("btn--primary", (button.id === "accept") === (n === 0));
  }

  #row(reason: Reason): HTMLElement {
    const { session, player, document } = this.workbench;
    const track = document.get(reason.track);
    const go = el("button", { type: "button", class: "btn btn--sm" }, `Frame ${count(reason.frame)}`);
    go.addEventListener("click", () => {
      session.select(track ? track.id : null);
      player.seek(reason.frame);
    });
    const drop = el("button", { type: "button", class: "mini-b", "aria-label": `Drop the reason for frame ${count(reason.frame)}`, title: "Drop this reason" }, icon("x"));
    drop.addEventListener("click", () => {
      this.#reasons.splice(this.#reasons.indexOf(reason), 1);
      this.#draw();
    });
    return el("li", {}, go, el("span", { class: "wrap" }, track ? `${session.nameOf(track)}: ${reason.text}` : reason.text), drop);
  }

  async #decide(outcome: "accept" | "send_back"): Promise<void> {
    if (outcome === "send_back" && this.#text.value.trim()) this.#add();
    this.#error.hidden = true;
    for (const button of this.#buttons) button.disabled = true;
    try {
      const response = await fetch(this.page.urls.review, {
        method: "POST",
        credentials: "same-origin",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.page.csrf },
        // Accepted work has no reasons; what was written stays the reviewer's own.
        body: JSON.stringify({ token: this.page.lease.token, outcome, reasons: outcome === "accept" ? [] : this.#reasons }),
      });
      if (response.ok) this.#done(outcome);
      else this.#refused(await response.json().catch(() => ({})) as Problem, response.status);
    } catch {
      this.#say("The server can’t be reached. Your reasons are still here; decide again when the connection is back.");
    } finally {
      this.#draw();
    }
  }

  #done(outcome: "accept" | "send_back"): void {
    this.#decided = true;
    this.workbench.saver.end();
    const home = this.page.urls.home ?? "/";
    const [title, text] = outcome === "accept"
      ? ["Accepted.", `The labels count as delivered work since ${clock(new Date())}.`]
      : ["Sent back.", `${plural(this.#reasons.length, "reason")} go with it to whoever takes it next.`];
    this.workbench.notes.show("done", "ok", title, text, [{ text: "Go to my work", primary: true, run: () => location.assign(home) }]);
    must("reason-form").hidden = true;
    must("workbench").dataset["state"] = "decided";
  }

  #refused(problem: Problem, status: number): void {
    const id = problem.request_id ? ` Id to quote: ${problem.request_id}` : "";
    this.#say(`${problem.detail ?? `The server answered ${status}.`}${id}`);
  }

  #say(text: string): void {
    this.#error.lastElementChild!.textContent = text;
    this.#error.hidden = false;
  }
}

const task = JSON.parse(must("task").textContent ?? "") as ReviewPage;
// Drafts are kept in the browser by task: a reviewer must not be offered an annotator's.
const page: ReviewPage = { ...task, task: { ...task.task, id: `review.${task.task.id}` } };
void openWorkbench(page, (workbench) => {
  workbench.session.readOnly = true;
  new Review(page, workbench);
});
