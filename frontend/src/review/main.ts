// The reviewer's page: the workbench with its labels locked, until the reviewer chooses to mend them.

import { shapeAt } from "../labels/interpolate.ts";
import { OUTSIDE, type Track } from "../labels/wire.ts";
import type { Unsaved } from "../labels/document.ts";
import type { Command } from "../workbench/commands.ts";
import { el, icon, must, plural } from "../workbench/dom.ts";
import { openWorkbench } from "../workbench/opening.ts";
import type { Workbench } from "../workbench/workbench.ts";
import { ChangesSince } from "./changes.ts";
import { Comments } from "./comments.ts";
import { VerdictDesk } from "./verdict.ts";
import type { ReviewPage } from "./wire.ts";

const LOOKING = "Labels are locked. 1 to 9 pin a comment here, N and P go through the objects, Ctrl ⏎ decides.";

class Review {
  readonly comments: Comments;
  readonly changes: ChangesSince;
  readonly verdict: VerdictDesk;
  /** Tracks and events as they were handed in, by id. */
  readonly #handedIn = new Map<string, string>();
  #correcting = false;

  constructor(readonly page: ReviewPage, readonly workbench: Workbench) {
    this.comments = new Comments(page, workbench);
    this.changes = new ChangesSince(page, workbench);
    this.verdict = new VerdictDesk(page, workbench, this.comments, () => this.#corrections());
    this.comments.onChange = () => this.#draw();
    workbench.lookingAdvice = LOOKING;
    workbench.keptToo = () => {
      const said = this.comments.list.length;
      return said ? `${plural(said, "comment")} ${said === 1 ? "is" : "are"} kept here too.` : "";
    };
    workbench.unsaved = () => this.#corrections();
    workbench.beforeDraft = () => this.correct(true);
    workbench.session.onChange(() => this.#draw());
    for (const [id, outcome] of [["accept", "accept"], ["send-back", "send_back"]] as const) {
      must(id).addEventListener("click", () => this.verdict.ask(outcome));
    }
    must("correct").addEventListener("click", () => this.correct(!this.#correcting));
    must("uncorrect").addEventListener("click", () => this.#dropCorrections());
  }

  /** Once the labels are there. */
  opened(): void {
    const { tracks, spans } = this.workbench.document;
    for (const item of [...tracks, ...spans]) this.#handedIn.set(item.id, JSON.stringify(item));
    this.comments.redraw();
    void this.changes.load();
    this.#draw();
  }

  /** What differs from what was handed in; edits that were taken back do not. */
  #corrections(): Unsaved {
    const all = this.workbench.document.unsaved();
    const differs = (item: { id: string }): boolean => this.#handedIn.get(item.id) !== JSON.stringify(item);
    return { ...all, tracks: all.tracks.filter(differs), events: all.events.filter(differs), deleted: all.deleted.filter((id) => this.#handedIn.has(id)) };
  }

  /** Unlocks the labels, or locks them again; what was changed stays. */
  correct(on: boolean): void {
    const { session, keyboard, saver } = this.workbench;
    if (on === this.#correcting || saver.ended || (on && !this.page.review.correctable)) return;
    this.#correcting = on;
    session.readOnly = !on;
    session.use("select");
    keyboard.use(on ? this.workbench.allCommands : this.workbench.lookingCommands);
    session.changed();
  }

  #dropCorrections(): void {
    const { document } = this.workbench;
    while (document.undo() !== null);
    this.correct(false);
    this.workbench.hint("Your corrections are dropped: the labels are as they were handed in.");
  }

  #draw(): void {
    const { decided, corrected } = this.verdict;
    const ended = this.workbench.saver.ended;
    const said = this.comments.list.length;
    must("workbench").dataset["mode"] = this.#correcting && !ended ? "correct" : "look";
    must<HTMLButtonElement>("accept").disabled = decided || ended;
    must("accept-text").textContent = corrected ? "Accept as corrected" : "Accept";
    must<HTMLButtonElement>("send-back").disabled = said === 0 || decided || ended;
    must("send-back-why").hidden = said > 0 || decided || ended;
    must("accept").classList.toggle("btn--primary", said === 0 || corrected > 0);
    must("send-back").classList.toggle("btn--primary", said > 0 && corrected === 0);
    const own = must<HTMLButtonElement>("correct");
    own.disabled = decided || ended || !this.page.review.correctable;
    own.setAttribute("aria-pressed", String(this.#correcting));
    must("correct-text").textContent = this.#correcting ? "Lock the labels" : "Correct it myself";
    must("uncorrect").hidden = corrected === 0 || decided || ended;
    const [name, title, sub] = decided
      ? ["circle-check", "Decided", ""]
      : this.#correcting
        ? ["square-pen", "Correcting", corrected ? `${plural(corrected, "change")} for your decision` : "nothing changed yet"]
        : ["lock", "Looking", corrected ? `${plural(corrected, "correction")} of yours` : "labels are locked"];
    must("mode").replaceChildren(el("span", { class: `st st--${this.#correcting && !decided ? "warn" : "info"}` }, icon(name!), title!), el("span", { class: "sub" }, sub!));
  }

  /** All objects of the task in the order of their numbers; one that is not to be seen here is gone to. */
  walk(by: 1 | -1): void {
    const { session, document, player, stage } = this.workbench;
    const tracks = [...document.tracks].sort((a, b) => document.number(a.id) - document.number(b.id));
    if (!tracks.length) return this.workbench.hint("Nothing is drawn in this task.");
    const now = tracks.findIndex((track) => track.id === session.selected);
    const next = tracks[now < 0 ? (by > 0 ? 0 : tracks.length - 1) : (now + by + tracks.length) % tracks.length]!;
    session.select(next.id);
    const shape = shapeAt(next, player.frame);
    player.pause();
    if (!shape || shape.outside) player.seek(firstSeen(next));
    stage.host.focus({ preventScroll: true });
  }
}

function firstSeen(track: Track): number {
  return (track.keyframes.find(([, flags]) => !(flags & OUTSIDE)) ?? track.keyframes[0]!)[0];
}

const task = JSON.parse(must("task").textContent ?? "") as ReviewPage;
// Drafts are kept in the browser by task: a reviewer must not be offered an annotator's.
const page: ReviewPage = { ...task, task: { ...task.task, id: `review.${task.task.id}` } };
let review: Review | null = null;

/** Keys of a reviewer. Those without `always` rest while labels are mended: drawing needs them. */
function commands(): Command[] {
  const group = "Review";
  const look = { group, looking: true } as const;
  return [
    { ...look, id: "object-next", title: "Next object of the task", keys: ["n"], run: () => review?.walk(1) },
    { ...look, id: "object-previous", title: "Object before", keys: ["p"], run: () => review?.walk(-1) },
    { ...look, id: "comment-next", title: "Next comment", keys: ["shift+n"], run: () => review?.comments.walk(1) },
    { ...look, id: "comment-previous", title: "Comment before", keys: ["shift+p"], run: () => review?.comments.walk(-1) },
    { ...look, id: "comment", title: "Comment here in your own words", keys: ["i"], run: () => review?.comments.write() },
    { ...look, id: "comment-drop", title: "Drop the chosen comment", keys: ["delete", "backspace"], run: () => review?.comments.dropChosen() },
    ...page.review.standard.slice(0, 9).map((standard, i): Command => ({ ...look, id: `standard-${i + 1}`, title: standard.text, keys: [String(i + 1)], run: () => review?.comments.add(standard) })),
    { ...look, id: "former", title: "Shapes of the last hand-in", keys: ["t"], run: () => review?.changes.toggle() },
    { ...look, id: "accept-key", title: "Accept", keys: ["a"], run: () => review?.verdict.ask("accept") },
    { ...look, id: "send-back-key", title: "Send back", keys: ["b"], run: () => review?.verdict.ask("send_back") },
    { ...look, id: "decide", title: "Decide", keys: ["ctrl+enter"], always: true, run: () => review?.verdict.ask(review.verdict.corrected ? "correct" : review.comments.list.length ? "send_back" : "accept") },
    { ...look, id: "correct-key", title: "Correct it yourself, or lock the labels again", keys: ["shift+c"], always: true, run: () => must("correct").click() },
    { ...look, id: "keys", title: "Keys", keys: ["f1"], always: true, run: () => review?.workbench.showKeys() },
  ];
}

void openWorkbench(page, (workbench) => {
  workbench.session.readOnly = true;
  review = new Review(page, workbench);
}, commands).then((workbench) => {
  if (workbench) review?.opened();
});
