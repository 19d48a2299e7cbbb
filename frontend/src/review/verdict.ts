// The verdict: asked once more in a dialog, sent with its comments and, where the reviewer mended the
// labels, with the changes, all in one request.

import type { Unsaved } from "../labels/document.ts";
import type { Problem } from "../labels/wire.ts";
import { dropDraft } from "../workbench/drafts.ts";
import { clock, count, el, must, plural } from "../workbench/dom.ts";
import { offerNext } from "../workbench/next.ts";
import { dropStanding } from "../workbench/standing.ts";
import type { Workbench } from "../workbench/workbench.ts";
import type { Comments } from "./comments.ts";
import type { Outcome, ReviewPage } from "./wire.ts";

const MOST_SHOWN = 8;

export class VerdictDesk {
  readonly #sheet = must<HTMLDialogElement>("verdict-sheet");
  readonly #error = must("review-error");
  readonly #now = must<HTMLButtonElement>("verdict-now");
  #outcome: Outcome = "accept";
  decided = false;

  constructor(readonly page: ReviewPage, readonly workbench: Workbench, readonly comments: Comments, readonly corrections: () => Unsaved) {
    this.#now.addEventListener("click", () => void this.#decide());
    addEventListener("beforeunload", (event) => {
      if (!this.decided && comments.half) event.preventDefault();
    });
  }

  get corrected(): number {
    const { tracks, events, deleted } = this.corrections();
    return tracks.length + events.length + deleted.length;
  }

  ask(outcome: Outcome): void {
    if (this.decided || this.workbench.saver.ended) return;
    this.workbench.player.pause();
    if (this.comments.half) this.comments.addOwn();
    const said = this.comments.list.length;
    if (outcome === "send_back" && said === 0) {
      this.workbench.hint("Sending back needs a comment: 1 to 9 pin a standard one here, I your own words.");
      return this.comments.write();
    }
    if (outcome === "correct" && this.corrected === 0) outcome = "accept";
    if (outcome === "accept" && this.corrected > 0) outcome = "correct";
    this.#outcome = outcome;
    const [title, text, button] = this.#words(outcome);
    must("verdict-title").textContent = title;
    must("verdict-what").textContent = text;
    this.#now.textContent = button;
    this.#now.className = `btn ${outcome === "send_back" ? "btn--danger btn--primary" : "btn--primary"}`;
    const shown = outcome === "accept" ? [] : this.comments.list.slice(0, MOST_SHOWN);
    const left = outcome === "accept" ? 0 : said - shown.length;
    must("verdict-list").replaceChildren(...shown.map((one) => el("li", {}, el("span", { class: "tn" }, `Frame ${count(one.frame)}`), ` ${one.text}`)), ...(left > 0 ? [el("li", { class: "muted" }, `and ${count(left)} more`)] : []));
    this.#error.hidden = true;
    this.#sheet.showModal();
    this.#now.focus();
  }

  #words(outcome: Outcome): [string, string, string] {
    const said = this.comments.list.length;
    const objects = plural(this.workbench.document.size, "object");
    if (outcome === "send_back") {
      const dropped = this.corrected ? ` What you corrected yourself (${this.corrected}) does not go along.` : "";
      return ["Send this back?", `Whoever takes it next sees ${said === 1 ? "your comment" : `your ${said} comments`} at the frames.${dropped}`, `Send back with ${plural(said, "comment")}`];
    }
    if (outcome === "correct") return ["Accept with your corrections?", `${plural(this.corrected, "object or event", "objects and events")} changed by you. The labels are accepted as they stand now, and the log says who corrected them.`, "Accept as corrected"];
    const kept = said ? ` Accepted work has no comments: your ${plural(said, "comment")} ${said === 1 ? "is" : "are"} dropped.` : "";
    return ["Accept these labels?", `${objects} on frames ${count(this.workbench.session.first)} to ${count(this.workbench.session.last)}.${kept}`, "Accept"];
  }

  async #decide(): Promise<void> {
    const outcome = this.#outcome;
    this.#error.hidden = true;
    this.#now.disabled = true;
    const { tracks, events, deleted, revisions } = this.corrections();
    try {
      const response = await fetch(this.page.urls.review, {
        method: "POST",
        credentials: "same-origin",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.page.csrf },
        body: JSON.stringify({
          token: this.page.lease.token,
          outcome,
          reasons: outcome === "accept" ? [] : this.comments.list,
          ...(outcome === "correct" ? { tracks, events, deleted, revisions } : {}),
        }),
      });
      if (response.ok) this.#done(outcome);
      else this.#refused((await response.json().catch(() => ({}))) as Problem, response.status);
    } catch {
      this.#say("The server can’t be reached. Your comments and corrections are still here; decide again when the connection is back.");
    } finally {
      this.#now.disabled = false;
    }
  }

  #done(outcome: Outcome): void {
    const { workbench, page } = this;
    const said = this.comments.list.length;
    this.decided = true;
    this.#sheet.close();
    workbench.saver.end();
    workbench.session.readOnly = true;
    this.comments.end();
    dropDraft(page.task.id);
    dropStanding(page.task.id);
    const words: Record<Outcome, [string, string]> = {
      accept: ["Accepted.", `The labels count as delivered work since ${clock(new Date())}.`],
      correct: ["Accepted as corrected.", `The labels as you left them count since ${clock(new Date())}.`],
      send_back: ["Sent back.", `${plural(said, "comment")} ${said === 1 ? "goes" : "go"} with it to whoever takes it next.`],
    };
    offerNext(page, workbench.notes, ...words[outcome]);
    must("workbench").dataset["state"] = "decided";
    workbench.session.changed();
  }

  #refused(problem: Problem, status: number): void {
    if (problem.code === "lease_lost") {
      this.#sheet.close();
      return this.workbench.lost(problem.detail ?? "The lease ran out.");
    }
    const id = problem.request_id ? ` Id to quote: ${problem.request_id}` : "";
    this.#say(`${problem.detail ?? `The server answered ${status}.`}${id}`);
  }

  #say(text: string): void {
    this.#error.lastElementChild!.textContent = text;
    this.#error.hidden = false;
  }
}
