// The page on which a person checks and corrects the masks of a redacted clip.

import { chooseSource } from "../frames/choosing.ts";
import { FrameIndex, type FrameIndexWire } from "../frames/index.ts";
import type { FrameSource } from "../frames/source.ts";
import type { Box } from "../labels/edits.ts";
import { count, el, must, plural, setIcon } from "../workbench/dom.ts";
import { Notes } from "../workbench/notes.ts";
import { Player } from "../workbench/player.ts";
import { Desk } from "./desk.ts";
import { boxAt, Sheet } from "./sheet.ts";
import { Stage } from "./stage.ts";
import { named, Strip } from "./strip.ts";
import { said, Suspects } from "./suspects.ts";
import type { MasksPage, MasksWire, Subject, Suspect } from "./wire.ts";

/** A drawn mask lives this long until its ends are set. */
const DRAWN_SECONDS = 1;
const STATES: Record<string, string> = {
  composing: "Laying your corrections over the masks",
  rendering: "Making the copy",
  measuring: "Measuring what is left",
};

class MaskBench {
  readonly #notes = new Notes(must("notes"));
  readonly #desk: Desk;
  readonly #sheet: Sheet;
  readonly #stage: Stage;
  readonly #strip: Strip;
  readonly #suspects: Suspects;
  readonly #player: Player;
  #revision: number;
  #busy = false;
  #signed = false;

  constructor(desk: Desk, readonly wire: MasksWire, readonly index: FrameIndex, sources: [FrameSource, FrameSource]) {
    this.#desk = desk;
    this.#revision = wire.revision;
    this.#sheet = new Sheet(wire);
    const size = { width: index.width, height: index.height };
    this.#stage = new Stage(must("canvas"), must("picture"), this.#sheet, size, {
      onChoose: (id) => this.#choose(id),
      onDrawn: (box) => this.#drawn(box),
      onMoved: (id, box) => this.#edit(() => this.#sheet.setBox(id, this.#player.frame, box)),
    });
    this.#stage.editable = true;
    const last = index.frames - 1;
    this.#player = new Player(index, sources[0], 0, last, {
      onPicture: (picture) => { this.#stage.frame = picture.frame; this.#stage.show(picture); },
      onFrame: (frame) => this.#moved(frame),
      onPlaying: (on) => setIcon(must("play"), on ? "pause" : "play"),
      onWaiting: (on) => { must("wait").hidden = !on; },
      onStall: () => undefined,
      onFailure: (error) => this.#notes.show("frame", "bad", "This frame can’t be shown.", error.message, [{ text: "Try again", run: () => { this.#notes.drop("frame"); this.#player.retry(); } }]),
    });
    this.#strip = new Strip(must("strip"), index.frames, this.#sheet, { onChoose: (id) => this.#choose(id), onSeek: (frame) => this.#player.seek(frame) });
    this.#suspects = new Suspects(must("suspects"), wire.suspects, this.#sheet, sources[1], size, {
      onOpen: (suspect) => this.#opened(suspect),
      onTick: () => this.#show(),
    });
    this.#wire();
    this.#show();
    if (wire.suspects.length) this.#suspects.open(0);
    else this.#player.seek(0);
  }

  /** The lease is gone: what is on the page can still be looked at. */
  lost(why: string): void {
    this.#stage.editable = false;
    this.#stage.arm(false);
    this.#notes.show("lost", "warn", "You can look, but no longer change anything.", `${why}${this.#sheet.dirty ? " What you changed since the last save is not kept." : ""}`, [{ text: "Open again", primary: true, run: () => location.reload() }]);
    this.#show();
  }

  #wire(): void {
    const acts: Record<string, () => void> = {
      play: () => this.#player.toggle(), back: () => this.#player.seek(this.#player.frame - 1), forward: () => this.#player.seek(this.#player.frame + 1),
      draw: () => { this.#player.pause(); this.#stage.arm(!this.#stage.drawing); this.#show(); }, begin: () => this.#ends("begin"), end: () => this.#ends("end"),
      drop: () => this.#drop(), restore: () => this.#restore(), undo: () => this.#edit(() => this.#sheet.undo()), redo: () => this.#edit(() => this.#sheet.redo()),
      fit: () => { this.#stage.view.fit(); this.#stage.draw(); }, save: () => void this.#save(), copy: () => void this.#copy(), sign: () => void this.#sign(),
      next: () => this.#suspects.step(1), previous: () => this.#suspects.step(-1), tick: () => this.#suspects.tick(), leave: () => void this.#leave(),
    };
    for (const button of document.querySelectorAll<HTMLElement>("[data-act]")) button.addEventListener("click", () => acts[button.dataset["act"]!]?.());
    const keys: Record<string, string> = { " ": "play", d: "back", f: "forward", n: "draw", "[": "begin", "]": "end", delete: "drop", backspace: "drop", r: "restore", j: "next", k: "previous", c: "tick", "0": "fit" };
    const control: Record<string, string> = { z: "undo", y: "redo", s: "save" };
    document.addEventListener("keydown", (event) => {
      const typing = (event.target as Element).closest("input:not([type=checkbox], [type=range]), textarea, select, dialog");
      if (typing || event.altKey) return;
      const key = event.key.toLowerCase();
      const act = event.ctrlKey || event.metaKey ? control[event.shiftKey && key === "z" ? "y" : key] : keys[key];
      if (event.key === "Escape") { this.#stage.arm(false); this.#choose(null); }
      if (key.startsWith("arrow") && this.#nudge(event)) event.preventDefault();
      if (!act || (key === " " && (event.target as Element).closest("button, input, a"))) return;
      event.preventDefault();
      acts[act]?.();
    });
    const scrubber = must<HTMLInputElement>("scrubber");
    scrubber.max = String(this.index.frames - 1);
    scrubber.addEventListener("input", () => this.#player.seek(Number(scrubber.value)));
    const sheet = must<HTMLDialogElement>("drop-sheet");
    must("drop-form").addEventListener("submit", () => {
      const id = this.#stage.chosen;
      if (id) this.#edit(() => this.#sheet.drop(id, must<HTMLTextAreaElement>("drop-reason").value));
    });
    must("drop-cancel").addEventListener("click", () => sheet.close());
    window.addEventListener("beforeunload", (event) => { if (this.#sheet.dirty && this.#desk.holds) event.preventDefault(); });
  }

  /** Arrow keys move the chosen mask by a pixel, with Shift by ten; on the picture only. */
  #nudge(event: KeyboardEvent): boolean {
    const id = this.#stage.chosen;
    const track = id ? this.#sheet.get(id) : null;
    const box = track && boxAt(track, this.#player.frame);
    if (!id || !box || !this.#may(id) || event.target !== must("canvas")) return false;
    const by = event.shiftKey ? 10 : 1;
    const [dx, dy] = ({ ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] } as Record<string, [number, number]>)[event.key]!;
    this.#edit(() => this.#sheet.setBox(id, this.#player.frame, [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy]));
    return true;
  }

  #may(id: string): boolean {
    return this.#stage.editable && this.#sheet.origin(id) !== "dropped";
  }

  #edit(change: () => void): void {
    if (!this.#stage.editable) return;
    change();
    if (this.#stage.chosen && !this.#sheet.get(this.#stage.chosen)) this.#stage.chosen = null;
    this.#show();
  }

  #drawn(box: Box): void {
    const from = this.#player.frame;
    const to = Math.max(from, Math.min(this.index.frames - 1, this.index.frameAt(this.index.seconds(from) + DRAWN_SECONDS)));
    const id = `drawn-${[...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    this.#edit(() => this.#sheet.draw(id, must<HTMLSelectElement>("subject").value as Subject, box, from, to));
    this.#stage.arm(false);
    this.#choose(id);
  }

  #ends(which: "begin" | "end"): void {
    const id = this.#stage.chosen;
    if (id && this.#may(id)) this.#edit(() => this.#sheet[which](id, this.#player.frame));
  }

  #drop(): void {
    const id = this.#stage.chosen;
    if (!id || !this.#may(id)) return;
    if (this.#sheet.origin(id) === "drawn") {
      this.#edit(() => this.#sheet.drop(id, ""));
      return;
    }
    must("drop-what").textContent = named(this.#sheet.get(id)!);
    must<HTMLTextAreaElement>("drop-reason").value = "";
    must<HTMLDialogElement>("drop-sheet").showModal();
  }

  #restore(): void {
    const id = this.#stage.chosen;
    if (id && this.#sheet.origin(id) !== "drawn") this.#edit(() => this.#sheet.restore(id));
  }

  #choose(id: string | null): void {
    this.#stage.chosen = id;
    this.#show();
  }

  #opened(suspect: Suspect): void {
    this.#player.pause();
    this.#stage.reasons = suspect.reasons;
    this.#stage.chosen = suspect.reasons.find((reason) => reason.track)?.track ?? null;
    this.#player.seek(suspect.frame);
    this.#show();
    must("said").textContent = suspect.reasons.map(said).join(". ");
  }

  #moved(frame: number): void {
    must<HTMLInputElement>("scrubber").value = String(frame);
    must("frame").textContent = count(frame);
    must("pts").textContent = `${this.index.seconds(frame).toFixed(3)} s`;
    this.#strip.at(frame);
  }

  #show(): void {
    const { chosen, editable } = this.#stage;
    const origin = chosen ? this.#sheet.origin(chosen) : null;
    const track = chosen ? this.#sheet.get(chosen) : null;
    const enable = (act: string, on: boolean): void => {
      for (const button of document.querySelectorAll<HTMLButtonElement>(`[data-act="${act}"]`)) button.disabled = !on;
    };
    const owned = editable && origin !== null && origin !== "dropped";
    for (const act of ["begin", "end", "drop"]) enable(act, owned);
    enable("restore", editable && (origin === "changed" || origin === "dropped"));
    enable("undo", editable && this.#sheet.undoable);
    enable("redo", editable && this.#sheet.redoable);
    enable("draw", editable);
    enable("save", editable && this.#sheet.dirty && !this.#busy);
    const stale = this.#revision !== this.wire.rendered;
    enable("copy", editable && stale && !this.#sheet.dirty && !this.#busy);
    enable("sign", editable && !stale && !this.#sheet.dirty && this.#suspects.done && !this.#busy && !this.#signed);
    document.querySelector("[data-act=draw]")?.setAttribute("aria-pressed", String(this.#stage.drawing));
    must("ticked").textContent = this.wire.suspects.length ? `${count(this.#suspects.ticked.size)} of ${plural(this.wire.suspects.length, "frame")} looked at` : "None: sign when you have looked through";
    must("saved").textContent = this.#sheet.dirty ? "Not saved" : stale ? `Revision ${this.#revision} is not in the copy yet` : this.#revision ? `The copy shows revision ${this.#revision}` : "As the engine found them";
    must("chosen").replaceChildren(...(track ? [el("b", {}, named(track)), el("span", { class: "sub" }, `Frames ${count(track.keyframes[0]![0])} to ${count(track.keyframes[track.keyframes.length - 1]![0])}, ${origin === "engine" ? "found by the engine" : origin}`), origin === "dropped" ? el("span", { class: "sub" }, this.#sheet.reason(track.id)) : null].filter((part) => part !== null) : [el("span", { class: "soft" }, "Choose a mask in the picture or below, or draw one.")]));
    this.#stage.draw();
    this.#strip.draw(chosen, this.#player.frame);
  }

  async #work(act: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#show();
    try {
      await act();
    } catch (error) {
      this.#notes.show("act", "bad", "That did not work.", (error as Error).message);
    } finally {
      this.#busy = false;
      this.#show();
    }
  }

  #save(): Promise<void> {
    return this.#work(async () => {
      if (!this.#sheet.dirty) return;
      const { revision } = await this.#desk.save(this.#revision, this.#sheet.toWire());
      this.#revision = revision;
      this.#sheet.saved();
      this.#notes.drop("act");
    });
  }

  #copy(): Promise<void> {
    return this.#work(async () => {
      await this.#desk.copy(this.#revision);
      const state = await this.#desk.over((now) => this.#notes.show("copy", "info", `${STATES[now] ?? "Done"}…`, "You may go on looking; the page loads again when the copy is there."));
      if (state === "done") location.reload();
      else this.#notes.show("copy", "bad", "The copy could not be made.", "The one before stays. Try again, or ask your operator.");
    });
  }

  #sign(): Promise<void> {
    return this.#work(async () => {
      await this.#desk.sign([...this.#suspects.ticked].sort((a, b) => a - b));
      this.#signed = true;
      this.#notes.show("act", "ok", "Signed.", "Who looked at which frames is in the log and in the manifest of the next release.");
    });
  }

  async #leave(): Promise<void> {
    await this.#save();
    if (this.#sheet.dirty && this.#desk.holds) return;
    await this.#desk.giveBack().catch(() => undefined);
    location.assign(this.#desk.page.urls.home);
  }
}

async function open(): Promise<void> {
  const page = JSON.parse(must("masks-page").textContent ?? "") as MasksPage;
  const notes = new Notes(must("notes"));
  let bench: MaskBench | null = null;
  const desk = new Desk(page, (why) => bench?.lost(why));
  try {
    await desk.take();
    const [wire, index] = await Promise.all([desk.read(), fetch(page.urls.index, { credentials: "same-origin" })]);
    if (!index.ok) throw new Error("The footage can’t be read.");
    const frames = (await index.json()) as FrameIndexWire;
    const urls = { ...page.urls, worker: must("masks").dataset["worker"]! };
    const sources: FrameSource[] = [];
    // One for the picture, one for the cut-outs, so that neither overtakes the other.
    while (sources.length < 2) {
      const chosen = await chooseSource(must("canvas"), frames, urls, 0, frames.pts.length - 1);
      if (typeof chosen === "string") throw new Error(chosen);
      sources.push(chosen.source);
    }
    bench = new MaskBench(desk, wire, new FrameIndex(frames), [sources[0]!, sources[1]!]);
    must("masks").dataset["state"] = "open";
  } catch (error) {
    must("masks").dataset["state"] = "shut";
    notes.show("start", "bad", "The masks could not be opened.", (error as Error).message, [{ text: "Try again", primary: true, run: () => location.reload() }]);
  }
}

void open();
