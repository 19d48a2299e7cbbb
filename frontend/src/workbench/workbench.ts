// One open task. Each part knows only the session and what it reports; this ties them together.

import type { FrameIndex } from "../frames/index.ts";
import type { FrameFailed, FrameSource } from "../frames/source.ts";
import type { LabelDocument, Unsaved } from "../labels/document.ts";
import type { TaskPage } from "../labels/wire.ts";
import { findings } from "./checks.ts";
import { Keyboard, keyName, type Command } from "./commands.ts";
import { clock, count, el, icon, must, plural, setIcon } from "./dom.ts";
import { dropDraft, keepDraft, readDraft } from "./drafts.ts";
import { editing } from "./editing.ts";
import { EventPanel, addEvent, change } from "./events.ts";
import { dropJournal, keepJournal, resumeJournal } from "./journal.ts";
import { Guide } from "./guide.ts";
import { offerNext } from "./next.ts";
import type { Notes } from "./notes.ts";
import { Panels } from "./panels.ts";
import { Player } from "./player.ts";
import { Pointer } from "./pointer.ts";
import { Propagate } from "./propagate.ts";
import { Saver, ServerProblem, type SaveState } from "./saver.ts";
import { Session } from "./session.ts";
import { Stage } from "./stage.ts";
import { dropStanding, resumeStanding } from "./standing.ts";
import { Timeline } from "./timeline.ts";
import { View } from "./view.ts";

export class Workbench {
  readonly session: Session;
  readonly stage: Stage;
  readonly player: Player;
  readonly pointer: Pointer;
  readonly panels: Panels;
  readonly timeline: Timeline;
  readonly saver: Saver;
  readonly keyboard: Keyboard;
  readonly propagate: Propagate;
  /** What the keyboard does while labels may be changed, and while they may not. */
  readonly allCommands: readonly Command[];
  readonly lookingCommands: readonly Command[];
  /** A reviewer's page says more where labels are locked, takes drafts up in its own way, and keeps more. */
  lookingAdvice = "Read only.";
  beforeDraft: () => void = () => undefined;
  keptToo: () => string = () => "";
  unsaved: () => Unsaved = () => this.document.unsaved();
  readonly #wait = must("wait");
  readonly #frameInput = must<HTMLInputElement>("frame");
  readonly #hint = must("hint");
  #draftOffered = false;

  constructor(readonly page: TaskPage, readonly index: FrameIndex, source: FrameSource, readonly document: LabelDocument, readonly notes: Notes, own?: () => Command[]) {
    const { start_frame: first, end_frame: last } = page.task;
    this.session = new Session(document, page.ontology, first, last, page.zones, page.label_keys);
    const view = new View(index.width, index.height);
    this.stage = new Stage(must("main"), must("picture"), must("boxes"), view, this.session, {
      x: index.width / index.wire.coded_width,
      y: index.height / index.wire.coded_height,
    });
    this.stage.onResize = () => this.showZoom();
    this.player = new Player(index, source, first, last, {
      onPicture: (picture) => {
        // What is edited is what is seen: the session's frame is the picture's, not the wanted one.
        this.notes.drop("frame");
        this.session.frame = picture.frame;
        this.stage.show(picture);
        this.session.changed();
      },
      onFrame: (frame) => this.#frameChanged(frame),
      onPlaying: (playing) => this.#playingChanged(playing),
      onWaiting: (waiting) => (this.#wait.hidden = !waiting),
      onFailure: (error) => this.#frameFailed(error),
      onStall: (stalls) => (must("workbench").dataset["stalls"] = String(stalls)),
    });
    this.timeline = new Timeline(must("timeline"), this.session, index.rate(), {
      onSeek: (frame) => this.player.seek(frame),
      onDrawn: (from, to) => void addEvent(this.session, from, to),
      onEnd: (span, side) => change(this.session, span, side),
    });
    source.onReady(({ ranges, peak, decoding }) => {
      this.timeline.setReady(ranges);
      Object.assign(must("workbench").dataset, { peak: String(peak), decoding: String(decoding) });
    });
    this.panels = new Panels(this.session, { onSeek: (frame) => this.player.seek(frame) });
    new EventPanel(this.session, (frame) => this.player.seek(frame));
    this.saver = new Saver(page, document, {
      onState: (state) => this.#saveChanged(state),
      onLease: (expires) => this.#leaseChanged(expires),
      onLost: (message) => this.lost(message),
    }, own !== undefined || page.truth !== undefined);
    this.propagate = new Propagate(this);
    const guide = new Guide(this.session);
    const edits: Command[] = [...editing(this), { id: "guide", title: "Guidelines of the project", group: "View", keys: ["shift+g"], looking: true, run: () => guide.toggle() }];
    const owned = own?.() ?? this.#taskCommands();
    const commands = [...edits, ...owned];
    this.allCommands = own ? [...edits, ...owned.filter((command) => command.always)] : commands;
    this.lookingCommands = own ? [...edits.filter((command) => command.looking), ...owned] : commands;
    this.keyboard = new Keyboard(this.lookingCommands, () => this.session.readOnly);
    this.pointer = new Pointer(this.stage, { onMerge: (id) => this.merge(id), onZoom: () => this.showZoom(), onHint: this.hint });
    this.#wire(commands);
    this.session.onChange(() => this.#sessionChanged());
  }

  /** Loads the labels and shows the first frame, or the one that the address names (#frame=120). */
  async open(): Promise<void> {
    await this.saver.load();
    if (!this.session.readOnly) resumeJournal(this.page.task.id, this.document);
    resumeStanding(this.page.task.id, this.session);
    const named = /^#frame=(\d+)$/.exec(location.hash);
    this.player.seek(named ? Number(named[1]) : this.session.first);
    this.showZoom();
    this.#sessionChanged();
    this.#offerDraft();
    must("workbench").dataset["state"] = "open";
  }

  /** Joins the selected track with another; set by editing.ts, called from the picture too. */
  merge: (id: string) => void = () => undefined;

  readonly hint = (text: string): void => {
    this.#hint.lastElementChild!.textContent = text;
    this.#hint.hidden = text === "";
  };

  showZoom(): void {
    must("zoom").textContent = `${Math.round(this.stage.view.scale * 100)} %`;
  }

  #frameChanged(frame: number): void {
    if (document.activeElement !== this.#frameInput) this.#frameInput.value = count(frame);
    must("pts").textContent = `${this.index.seconds(frame).toFixed(3)} s`;
    this.timeline.moveNeedle(frame);
  }

  #playingChanged(playing: boolean): void {
    const button = must("play");
    setIcon(button, playing ? "pause" : "play");
    button.setAttribute("aria-label", playing ? "Pause (Space)" : "Play (Space)");
  }

  #frameFailed(error: FrameFailed): void {
    if (error.code === "lease_lost") return this.lost(error.message);
    const text = error.code === "offline" ? "Your labels are kept here. The connection is tried again when you ask." : error.message;
    this.notes.show("frame", "bad", `Frame ${count(this.player.frame)} could not be loaded.`, text, [
      { text: "Try again", primary: true, run: () => this.player.retry() },
    ]);
  }

  #sessionChanged(): void {
    const { session } = this;
    this.stage.redraw();
    this.stage.host.dataset["tool"] = session.tool;
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-tool-button]")) {
      button.setAttribute("aria-pressed", String(button.dataset["toolButton"] === session.tool));
    }
    must<HTMLButtonElement>("undo").disabled = this.document.canUndo === null || session.readOnly;
    must<HTMLButtonElement>("redo").disabled = this.document.canRedo === null || session.readOnly;
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-command="submit"], #release')) button.disabled = this.saver.local ? this.saver.ended : session.readOnly;
    this.hint(this.#advice());
    const track = session.track;
    this.stage.host.setAttribute("aria-label", `Picture, frame ${count(session.frame)}, ${plural([...session.shapes()].filter(([, shape]) => !shape.outside).length, "object")}${track ? `, ${session.nameOf(track)} selected` : ""}`);
  }

  #advice(): string {
    const { session } = this;
    if (session.readOnly) return this.saver.ended ? "Read only." : this.lookingAdvice;
    if (session.tool === "box") return `Drag, or click two corners: ${session.label.name.toLowerCase()}. ⏎ puts a box in the middle.`;
    if (session.tool === "polygon") return this.pointer.outlines.drawing ? this.pointer.outlines.advice() : `Click round the object: ${session.label.name.toLowerCase()}. ⏎ or a double click closes the outline; ⏎ at once puts one in the middle.`;
    if (session.tool === "merge") return "Click the track that is the same object, or Esc.";
    if (session.running !== null) return "The event runs: X ends it at the frame you are at.";
    const track = session.track;
    if (!track) return "";
    const name = session.nameOf(track);
    if (session.locked.has(track.id)) return `${name} is locked.`;
    const here = track.keyframes.findIndex(([frame]) => frame === session.frame);
    const before = track.keyframes[here - 1];
    if (track.kind === "polygon" && before && before[2].length !== track.keyframes[here]![2].length) return `${plural(track.keyframes[here]![2].length / 2, "point")} here, ${before[2].length / 2} at the keyframe before: the outline holds until here.`;
    if (session.point !== null) return "Arrows move the point, Del deletes it, I puts a new one after it, Esc lets it go.";
    return here >= 0 ? "" : `Moving ${name} here makes a keyframe at ${count(session.frame)}.`;
  }

  #saveChanged(state: SaveState): void {
    const host = must("saved");
    const line = (tone: string, name: string, title: string, sub: string): void =>
      host.replaceChildren(el("span", { class: `st st--${tone}` }, icon(name), title), el("span", { class: "sub" }, sub));
    host.dataset["state"] = state.kind;
    if (state.kind === "saved") {
      // A draft that is still offered stays until the person has decided.
      if (state.at && !this.#draftOffered) dropDraft(this.page.task.id);
      if (state.at) keepJournal(this.page.task.id, this.document);
      this.notes.drop("save");
      line("ok", "circle-check", "Saved", state.at ? `${clock(state.at)}, all tracks` : "nothing changed yet");
    } else if (state.kind === "changed") line("info", "pencil", this.saver.local ? "Not kept yet" : "Not saved yet", this.saver.local ? "in a moment" : "saves in a moment");
    else if (state.kind === "saving") line("info", "refresh-cw", "Saving", "");
    else if (state.kind === "kept") {
      const kept = this.unsaved();
      if (kept.tracks.length + kept.events.length + kept.deleted.length) keepDraft(this.page.task.id, kept);
      else if (!this.#draftOffered) dropDraft(this.page.task.id);
      line("info", "hard-drive", "Kept here", this.page.truth ? "until it is saved as a version" : "goes with your decision");
    }
    else if (state.kind === "conflict") {
      line("bad", "circle-x", "Not saved", "changed in another window");
      this.notes.show("save", "bad", "This task is open in another window too.", state.message, [
        { text: "Load again", primary: true, run: () => this.#loadAgain() },
      ]);
    } else {
      keepDraft(this.page.task.id, this.document.unsaved());
      line("bad", "circle-x", "Not saved", state.kind === "failed" ? `tries again at ${clock(state.retryAt)}` : "needs a change");
      const title = state.kind === "failed" ? "Your changes are not saved." : "The server refused a change.";
      const rest = state.kind === "failed" ? "They are kept in this browser. Go on working; saving goes on by itself." : "Change or undo it; the rest is saved with it.";
      this.notes.show("save", "bad", title, `${state.message} ${rest}`, [{ text: "Save now", run: () => void this.saver.flush() }]);
    }
  }

  /** What was not saved is offered again as a draft. */
  #loadAgain(): void {
    keepDraft(this.page.task.id, this.document.unsaved());
    this.saver.end();
    location.reload();
  }

  #leaseChanged(expires: Date): void {
    must("lease-until").textContent = `renews, until ${expires.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
  }

  /** The lease is gone: nothing more is saved, and what was not is kept. */
  lost(message: string): void {
    dropJournal(this.page.task.id);
    this.saver.end();
    this.session.readOnly = true;
    const unsaved = this.unsaved();
    const kept = keepDraft(this.page.task.id, unsaved);
    const n = unsaved.tracks.length + unsaved.events.length + unsaved.deleted.length;
    const what = plural(n, unsaved.events.length ? "change" : "changed track");
    const state = must("lease");
    state.replaceChildren(el("span", { class: "st st--hold" }, icon("lock"), "Not yours"), el("span", { class: "sub" }, `since ${clock(new Date())}`));
    const draft = n === 0 ? (this.saver.local ? "" : "All you did was saved.") : kept ? `${what} that ${n === 1 ? "was" : "were"} not saved ${n === 1 ? "is" : "are"} kept in this browser.` : `${what} could not be kept: this browser stores nothing. Leave the page open.`;
    must("saved").dataset["state"] = "ended";
    must("saved").replaceChildren(el("span", { class: "st st--hold" }, icon("pause"), n && !kept ? "Not saved" : "Kept"), el("span", { class: "sub" }, n ? "as a draft here" : "all tracks saved"));
    this.notes.drop("save");
    this.notes.show("lost", "hold", "This task is no longer yours.", [message, draft, this.keptToo()].filter(Boolean).join(" "), this.#leaveActions());
    this.session.changed();
  }

  #leaveActions(): { text: string; primary: boolean; run(): void }[] {
    const home = this.page.urls.home;
    return home ? [{ text: "Go to my work", primary: true, run: () => location.assign(home) }] : [];
  }

  #offerDraft(): void {
    const draft = readDraft(this.page.task.id);
    if (!draft) return;
    this.#draftOffered = true;
    const n = draft.tracks.length + draft.events.length + draft.deleted.length;
    this.notes.show("draft", "info", `${plural(n, "change")} of ${new Date(draft.at).toLocaleString("en-GB")} did not reach the server.`, "They were kept in this browser.", [
      { text: "Take them over", primary: true, run: () => this.#takeDraft() },
      { text: "Drop them", run: () => {
        this.#draftOffered = false;
        dropDraft(this.page.task.id);
        this.notes.drop("draft");
      } },
    ]);
  }

  #takeDraft(): void {
    const draft = readDraft(this.page.task.id);
    this.notes.drop("draft");
    this.#draftOffered = false;
    if (!draft) return;
    this.beforeDraft();
    this.document.apply("draft", [...[...draft.tracks, ...draft.events].map((item) => [item.id, item] as const), ...draft.deleted.map((id) => [id, null] as const)]);
  }

  #taskCommands(): Command[] {
    return [
      { id: "save", title: "Save now", group: "Task", keys: ["ctrl+s"], run: () => void this.saver.flush() },
      { id: "submit", title: "Check and submit", group: "Task", keys: ["ctrl+enter"], run: () => this.#confirmSubmit() },
      { id: "keys", title: "Keys", group: "Task", keys: ["f1"], looking: true, run: () => this.showKeys() },
    ];
  }

  #wire(commands: readonly Command[]): void {
    const byId = new Map(commands.map((command) => [command.id, command]));
    for (const button of document.querySelectorAll<HTMLButtonElement>("[data-command]")) {
      const command = byId.get(button.dataset["command"]!);
      if (!command) throw new Error(`No command ${button.dataset["command"]}.`);
      const key = command.keys[0];
      if (!button.textContent?.trim() || button.matches(".tool, .mini-b")) {
        const name = key ? `${command.title} (${keyName(key)})` : command.title;
        button.setAttribute("aria-label", name);
        button.title = name;
      }
      button.addEventListener("click", () => {
        if (command.looking || !this.session.readOnly) command.run();
      });
    }
    must("frame-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const frame = Number(this.#frameInput.value.replaceAll(/[^\d]/g, ""));
      this.player.seek(frame);
      this.#frameInput.value = count(this.player.frame);
      this.stage.host.focus();
    });
    must("release").addEventListener("click", () => void this.#release());
    must("submit-now").addEventListener("click", () => void this.#submit());
    must("single-keys").addEventListener("change", (event) => (this.keyboard.singleKeys = (event.target as HTMLInputElement).checked));
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || (event.target as Element).closest("[data-close]")) dialog.close();
      });
    }
  }

  showKeys(): void {
    const sheet = must<HTMLDialogElement>("keys-sheet");
    const groups = new Map<string, Command[]>();
    for (const command of this.keyboard.commands) {
      if (command.keys.length && command.shown?.length !== 0) groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
    }
    must("keys-list").replaceChildren(...[...groups].map(([group, commands]) => el("section", {}, el("h3", {}, group), el("ul", {}, ...commands.map((command) =>
      el("li", {}, el("span", {}, command.title), el("span", {}, ...(command.shown ?? command.keys.map(keyName)).map((key) => el("kbd", {}, key)))))))));
    must<HTMLInputElement>("single-keys").checked = this.keyboard.singleKeys;
    sheet.showModal();
  }

  #confirmSubmit(): void {
    const { session } = this;
    this.player.pause();
    const problems = findings(this.document.tracks, session.first, session.last, (track) => session.nameOf(track));
    const list = problems.slice(0, 20).map(({ track, frame, text }) => {
      const go = el("button", { type: "button", class: "btn btn--sm btn--quiet" }, "Look");
      go.addEventListener("click", () => {
        must<HTMLDialogElement>("submit-sheet").close();
        session.select(track.id);
        this.player.seek(frame);
      });
      return el("li", { class: "row row--between" }, el("span", {}, text.charAt(0).toUpperCase() + text.slice(1)), go);
    });
    const keyframes = [...this.document.tracks].reduce((sum, track) => sum + track.keyframes.length, 0);
    const spans = this.document.spans.length;
    must("submit-what").textContent = this.document.size || spans
      ? `${plural(this.document.size, "track")} with ${plural(keyframes, "keyframe")}${spans ? ` and ${plural(spans, "event")}` : ""} on frames ${count(session.first)} to ${count(session.last)}. ${this.page.truth ? "Who was measured by the version before keeps their scores." : "After this they can’t be changed."}`
      : `There is no track on frames ${count(session.first)} to ${count(session.last)}. That is right when nothing is to be seen.`;
    must("submit-findings").replaceChildren(...(list.length ? [el("h3", {}, `${plural(problems.length, "thing")} worth a look`), el("ul", { class: "stack" }, ...list)] : []));
    must("submit-error").hidden = true;
    must<HTMLDialogElement>("submit-sheet").showModal();
  }

  async #submit(): Promise<void> {
    const button = must<HTMLButtonElement>("submit-now");
    button.disabled = true;
    try {
      const { url } = await this.saver.submit();
      must<HTMLDialogElement>("submit-sheet").close();
      this.session.readOnly = true;
      dropDraft(this.page.task.id);
      dropJournal(this.page.task.id);
      dropStanding(this.page.task.id);
      if (this.page.truth && url) return location.assign(url);
      offerNext(this.page, this.notes, "Submitted.", `${plural(this.document.size, "track")}${this.document.spans.length ? ` and ${plural(this.document.spans.length, "event")}` : ""} handed in at ${clock(new Date())}.`);
      must("workbench").dataset["state"] = "submitted";
      this.session.changed();
    } catch (error) {
      this.#submitFailed(error);
    } finally {
      button.disabled = false;
    }
  }

  #submitFailed(error: unknown): void {
    if (error instanceof ServerProblem && error.code === "lease_lost") {
      must<HTMLDialogElement>("submit-sheet").close();
      this.lost(error.message);
      return;
    }
    if (error instanceof ServerProblem && error.code === "conflict") {
      must<HTMLDialogElement>("submit-sheet").close();
      this.#saveChanged({ kind: "conflict", message: error.message });
      return;
    }
    const text = error instanceof ServerProblem ? `${error.message}${error.requestId ? ` Id to quote: ${error.requestId}` : ""}` : "The server can’t be reached. Your labels are kept; submit again when the connection is back.";
    const note = must("submit-error");
    note.lastElementChild!.textContent = text;
    note.hidden = false;
  }

  async #release(): Promise<void> {
    try {
      await this.saver.release();
      dropJournal(this.page.task.id);
      if (this.page.urls.home) location.assign(this.page.urls.home);
      else {
        this.session.readOnly = true;
        this.notes.show("done", "info", "Given back.", "What you saved stays with the task.");
        this.session.changed();
      }
    } catch (error) {
      if (error instanceof ServerProblem && error.code === "lease_lost") this.lost(error.message);
      else this.notes.show("release", "bad", "The task could not be given back.", (error as Error).message);
    }
  }
}
