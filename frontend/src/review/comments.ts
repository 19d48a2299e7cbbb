// Comments of this review and of those before it: pinned to a frame and perhaps an object, kept in this
// browser until the decision is made, walked through by key.

import { count, el, icon, must, plural } from "../workbench/dom.ts";
import { keepFocus } from "../workbench/panels.ts";
import type { Workbench } from "../workbench/workbench.ts";
import type { Comment, ReviewPage, Said, Standard } from "./wire.ts";

const OUTCOMES: Record<string, string> = { send_back: "sent back", accept: "accepted", correct: "corrected", disputed: "disputed" };

export class Comments {
  readonly #own: Comment[];
  readonly #key: string;
  readonly #text = must<HTMLTextAreaElement>("reason");
  readonly #announce = must("comment-said");
  #at = -1;
  #locked = false;
  onChange: () => void = () => undefined;

  constructor(readonly page: ReviewPage, readonly workbench: Workbench) {
    // By round: what was written on labels that are not there any more is of no use.
    this.#key = `custos.comments.${page.task.id}.${page.review.rounds}`;
    this.#own = this.#kept();
    must("reason-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.addOwn();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") workbench.stage.host.focus();
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !event.ctrlKey) {
        event.preventDefault();
        this.addOwn();
      } else return;
      event.stopPropagation();
    });
    must("standard").replaceChildren(...page.review.standard.map((reason, i) => {
      const button = el("button", { type: "button", class: "btn btn--sm rv__std" }, reason.text, el("kbd", { "aria-hidden": "true" }, String(i + 1)));
      button.addEventListener("click", () => this.add(reason));
      return button;
    }));
    workbench.session.onChange(() => this.#follow());
    this.#draw();
  }

  get list(): readonly Comment[] {
    return this.#own;
  }

  /** Text that is written and not added yet. */
  get half(): string {
    return this.#text.value.trim();
  }

  write(): void {
    this.workbench.player.pause();
    this.#text.focus();
  }

  /** Pins a standard reason where one stands. */
  add(standard: Standard): void {
    this.#pin(standard.text, standard.kind);
  }

  addOwn(): void {
    const text = this.half;
    if (!text) return this.#text.focus();
    this.#text.value = "";
    this.#pin(text, "");
    this.workbench.stage.host.focus({ preventScroll: true });
  }

  #pin(text: string, kind: string): void {
    if (this.#locked) return;
    const { session } = this.workbench;
    const same = this.#own.some((one) => one.frame === session.frame && one.track === session.selected && one.text === text);
    if (same) return;
    const comment: Comment = { frame: session.frame, track: session.selected, text, kind };
    this.#own.push(comment);
    this.#own.sort((a, b) => a.frame - b.frame);
    this.#at = this.#own.indexOf(comment);
    this.#announce.textContent = `Added: ${this.#where(comment)}, ${text}.`;
    this.#changed();
  }

  /** Drops the comment that was gone to last. */
  dropChosen(): void {
    const chosen = this.#own[this.#at];
    if (chosen) this.#drop(chosen);
  }

  #drop(comment: Comment): void {
    if (this.#locked) return;
    this.#own.splice(this.#own.indexOf(comment), 1);
    this.#at = -1;
    this.#announce.textContent = `Dropped: ${comment.text}.`;
    this.#changed();
  }

  /** The next or the previous of all comments, those of this review first. */
  walk(by: 1 | -1): void {
    const all = this.#all();
    if (!all.length) return this.workbench.hint("There is no comment yet. 1 to 9 pin a standard one here, I your own words.");
    this.#at = this.#at < 0 ? (by > 0 ? 0 : all.length - 1) : (this.#at + by + all.length) % all.length;
    this.#go(all[this.#at]!);
  }

  #all(): (Comment | Said)[] {
    return [...this.#own, ...this.page.review.earlier];
  }

  #go(comment: Comment | Said): void {
    const { session, player, document, stage } = this.workbench;
    this.#at = this.#all().indexOf(comment);
    session.select(document.get(comment.track) ? comment.track : null);
    player.pause();
    player.seek(comment.frame);
    stage.host.focus({ preventScroll: true });
    this.#draw();
    globalThis.document.querySelector(".rv__c[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** No more is added; the decision is made. */
  end(): void {
    this.#locked = true;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // There was none.
    }
    must("reason-form").hidden = must("standard").hidden = true;
    this.#draw();
  }

  #changed(): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#own));
    } catch {
      // Storage is switched off: they hold until the page is left.
    }
    this.#draw();
    this.onChange();
  }

  #kept(): Comment[] {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? "[]") as Comment[];
    } catch {
      return [];
    }
  }

  /** The form always says which frame, and which object, a comment would be pinned to. */
  #follow(): void {
    const { session } = this.workbench;
    must("reason-frame").textContent = count(session.frame);
    must("reason-track").textContent = session.track ? `, ${session.nameOf(session.track)}` : "";
  }

  #where(comment: { frame: number; track: string | null }): string {
    const track = this.workbench.document.get(comment.track);
    return `frame ${count(comment.frame)}${track ? `, ${this.workbench.session.nameOf(track)}` : ""}`;
  }

  redraw(): void {
    this.#draw();
  }

  #draw(): void {
    const { earlier } = this.page.review;
    const n = this.#own.length;
    must("reasons-count").textContent = n ? plural(n, "comment") : "no comments yet";
    const list = must("reasons");
    keepFocus(list, () => list.replaceChildren(...this.#own.map((comment) => this.#row(comment, this.#locked ? null : this.#dropButton(comment)))));
    must("earlier-head").hidden = earlier.length === 0;
    must("earlier-count").textContent = String(earlier.length);
    must("earlier").replaceChildren(...earlier.map((said) => this.#row(said, el("span", { class: "muted small" }, said.by === "client" ? "client" : OUTCOMES[said.outcome] ?? said.outcome))));
  }

  #dropButton(comment: Comment): HTMLElement {
    const button = el("button", { type: "button", class: "mini-b", "aria-label": `Drop the comment on ${this.#where(comment)}`, title: "Drop this comment" }, icon("x"));
    button.addEventListener("click", () => this.#drop(comment));
    return button;
  }

  #row(comment: Comment | Said, end: HTMLElement | null): HTMLElement {
    const chosen = this.#all()[this.#at] === comment;
    const where = this.#where(comment);
    const go = el("button", { type: "button", class: "rv__go", "data-key": `${comment.frame} ${comment.track} ${comment.text}` }, el("b", {}, where.charAt(0).toUpperCase() + where.slice(1)), el("span", { class: "wrap" }, comment.text));
    go.addEventListener("click", () => this.#go(comment));
    return el("li", { class: "rv__c", ...(chosen ? { "aria-current": "true" } : {}) }, go, end);
  }
}
