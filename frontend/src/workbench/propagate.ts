// "Keep this shape": copies what is drawn on this frame to the frames after it, with a look at what
// that does before it is done.

import { hold, neighbour } from "../labels/edits.ts";
import { shapeAt } from "../labels/interpolate.ts";
import type { Track } from "../labels/wire.ts";
import { count, must, plural } from "./dom.ts";
import type { Workbench } from "./workbench.ts";

interface Plan {
  readonly edits: (readonly [string, Track])[];
  /** The last frame of all, and keyframes that give way. */
  readonly until: number;
  readonly replaced: number;
}

export class Propagate {
  readonly #sheet = must<HTMLDialogElement>("propagate-sheet");
  readonly #form = must<HTMLFormElement>("propagate-form");
  readonly #frames = must<HTMLInputElement>("propagate-frames");
  readonly #apply = must<HTMLButtonElement>("propagate-now");

  constructor(readonly workbench: Workbench) {
    this.#form.addEventListener("input", () => this.#preview());
    this.#frames.addEventListener("focus", () => this.#choose("to", "frames"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
  }

  open(): void {
    const { session, player, hint } = this.workbench;
    player.pause();
    if (!this.#candidates().length) return hint("There is no object on this frame that is neither locked nor hidden.");
    const one = session.track && this.#candidates().includes(session.track);
    must<HTMLInputElement>("propagate-one").disabled = !one;
    must("propagate-one-name").textContent = session.track && one ? capital(session.nameOf(session.track)) : "The selected object";
    must("propagate-all-name").textContent = `All ${count(this.#candidates().length)} on this frame that are neither locked nor hidden`;
    this.#choose("who", one ? "one" : "all");
    this.#frames.max = String(session.last - session.frame);
    this.#preview();
    this.#sheet.showModal();
    this.#frames.select();
  }

  #choose(name: string, value: string): void {
    for (const input of this.#form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)) input.checked = input.value === value;
    if (this.#sheet.open) this.#preview();
  }

  #candidates(): Track[] {
    const { session } = this.workbench;
    return [...session.shapes()].filter(([track, shape]) => !shape.outside && !session.hidden.has(track.id) && session.editable(track)).map(([track]) => track);
  }

  #plan(): Plan {
    const { session } = this.workbench;
    const fields = new FormData(this.#form);
    const edits: (readonly [string, Track])[] = [];
    let [last, replaced] = [session.frame, 0];
    for (const track of fields.get("who") === "one" ? [session.track!] : this.#candidates()) {
      const next = neighbour(track, session.frame, 1);
      const ends: Record<string, number> = { frames: session.frame + Math.max(0, Math.floor(this.#frames.valueAsNumber || 0)), keyframe: (next ?? session.last + 1) - 1, end: session.last };
      const until = Math.min(session.last, ends[String(fields.get("to"))]!);
      if (until <= session.frame || !shapeAt(track, session.frame)) continue;
      edits.push([track.id, hold(track, session.frame, until)]);
      last = Math.max(last, until);
      replaced += track.keyframes.filter(([at]) => at > session.frame && at <= until).length;
    }
    return { edits, until: last, replaced };
  }

  #preview(): void {
    const { session } = this.workbench;
    const { edits, until, replaced } = this.#plan();
    this.#apply.disabled = edits.length === 0;
    const who = edits.length === 1 ? session.nameOf(edits[0]![1]) : plural(edits.length, "object");
    const frames = `${edits.length > 1 ? "up to " : ""}${plural(until - session.frame, "more frame")}`;
    must("propagate-what").textContent = edits.length
      ? `${capital(who)} ${edits.length === 1 ? "keeps its" : "keep their"} shape of frame ${count(session.frame)} on ${frames}, to ${count(until)}. ${replaced ? `${plural(replaced, "keyframe")} there ${replaced === 1 ? "gives" : "give"} way.` : "No keyframe is lost."}`
      : "There is no frame to copy to.";
  }

  #run(): void {
    const { session, hint } = this.workbench;
    const { edits, until } = this.#plan();
    if (!edits.length) return;
    this.#sheet.close();
    const who = edits.length === 1 ? session.nameOf(edits[0]![1]) : plural(edits.length, "object");
    session.document.apply(`copy ${who} to ${count(until)}`, edits);
    this.workbench.stage.host.focus({ preventScroll: true });
    hint(`Copied ${who} on ${plural(until - session.frame, "frame")}, to ${count(until)}. Ctrl Z takes it back.`);
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
