// The masks of a clip with what a person changed: each change gives a new state, so undo is a step
// back among states.

import type { Box } from "../labels/edits.ts";
import type { Dropped, Keyframe, MasksWire, MaskTrack, Subject } from "./wire.ts";

interface State {
  readonly tracks: ReadonlyMap<string, MaskTrack>;
  readonly dropped: ReadonlyMap<string, string>;
}

export type Origin = "engine" | "changed" | "drawn" | "dropped";
const MOST_STEPS = 200;

const first = (track: MaskTrack): number => track.keyframes[0]![0];
const last = (track: MaskTrack): number => track.keyframes[track.keyframes.length - 1]![0];

/** Where a mask is in a frame, or null outside its life. */
export function boxAt(track: MaskTrack, frame: number): Box | null {
  if (frame < first(track) || frame > last(track)) return null;
  let right = track.keyframes.findIndex((keyframe) => keyframe[0] >= frame);
  if (right < 0) right = track.keyframes.length - 1;
  const b = track.keyframes[right]!;
  const a = track.keyframes[Math.max(0, right - 1)]!;
  const share = b[0] === a[0] ? 1 : (frame - a[0]) / (b[0] - a[0]);
  const side = (n: 1 | 2 | 3 | 4): number => a[n] + (b[n] - a[n]) * share;
  return [side(1), side(2), side(3), side(4)];
}

function put(track: MaskTrack, frame: number, box: Box): MaskTrack {
  const others = track.keyframes.filter((keyframe) => keyframe[0] !== frame);
  const added: Keyframe = [frame, ...box];
  return { ...track, keyframes: [...others, added].sort((a, b) => a[0] - b[0]) };
}

export class Sheet {
  readonly engine: ReadonlyMap<string, MaskTrack>;
  #state: State;
  #kept: State;
  readonly #past: State[] = [];
  readonly #future: State[] = [];

  constructor(wire: Pick<MasksWire, "engine" | "tracks" | "dropped">) {
    this.engine = new Map(wire.engine.map((track) => [track.id, track]));
    this.#state = {
      tracks: new Map(wire.tracks.map((track) => [track.id, track])),
      dropped: new Map(wire.dropped.map((one) => [one.id, one.reason])),
    };
    this.#kept = this.#state;
  }

  /** All tracks by their first frame; dropped ones too. */
  all(): MaskTrack[] {
    const own = [...this.engine.values()].map((track) => this.#state.tracks.get(track.id) ?? track);
    const drawn = [...this.#state.tracks.values()].filter((track) => !this.engine.has(track.id));
    return [...own, ...drawn].sort((a, b) => first(a) - first(b) || a.id.localeCompare(b.id));
  }

  get(id: string): MaskTrack | null {
    return this.#state.tracks.get(id) ?? this.engine.get(id) ?? null;
  }

  origin(id: string): Origin {
    if (this.#state.dropped.has(id)) return "dropped";
    if (!this.engine.has(id)) return "drawn";
    return this.#state.tracks.has(id) ? "changed" : "engine";
  }

  reason(id: string): string {
    return this.#state.dropped.get(id) ?? "";
  }

  get dirty(): boolean {
    return this.#state !== this.#kept;
  }

  get undoable(): boolean {
    return this.#past.length > 0;
  }

  get redoable(): boolean {
    return this.#future.length > 0;
  }

  /** What is sent to be saved. */
  toWire(): { tracks: MaskTrack[]; dropped: Dropped[] } {
    return {
      tracks: [...this.#state.tracks.values()],
      dropped: [...this.#state.dropped].map(([id, reason]) => ({ id, reason })),
    };
  }

  /** Marks what `toWire` gave as kept by the server. */
  saved(): void {
    this.#kept = this.#state;
  }

  draw(id: string, subject: Subject, box: Box, from: number, to: number): void {
    const keyframes: Keyframe[] = to > from ? [[from, ...box], [to, ...box]] : [[from, ...box]];
    this.#change({ tracks: this.#with({ id, subject, keyframes }) });
  }

  /** Puts the mask at a box in a frame: a keyframe, and beyond its ends the end itself. */
  setBox(id: string, frame: number, box: Box): void {
    const track = this.get(id);
    if (track) this.#change({ tracks: this.#with(put(track, frame, box)) });
  }

  /** Lets the mask begin in a frame: earlier than it does, or later. */
  begin(id: string, frame: number): void {
    const track = this.get(id);
    if (!track || frame > last(track)) return;
    const box = boxAt(track, Math.max(frame, first(track)))!;
    const rest = { ...track, keyframes: track.keyframes.filter((keyframe) => keyframe[0] >= frame) };
    this.#change({ tracks: this.#with(put(rest, frame, box)) });
  }

  /** Lets the mask end in a frame: later than it does, or earlier. */
  end(id: string, frame: number): void {
    const track = this.get(id);
    if (!track || frame < first(track)) return;
    const box = boxAt(track, Math.min(frame, last(track)))!;
    const rest = { ...track, keyframes: track.keyframes.filter((keyframe) => keyframe[0] <= frame) };
    this.#change({ tracks: this.#with(put(rest, frame, box)) });
  }

  /** Takes a mask away; one of the engine needs a reason. */
  drop(id: string, reason: string): void {
    const tracks = new Map(this.#state.tracks);
    tracks.delete(id);
    if (!this.engine.has(id)) this.#change({ tracks });
    else if (reason.trim()) this.#change({ tracks, dropped: new Map(this.#state.dropped).set(id, reason.trim()) });
  }

  /** Back to what the engine found. */
  restore(id: string): void {
    const tracks = new Map(this.#state.tracks);
    const dropped = new Map(this.#state.dropped);
    if (tracks.delete(id) || dropped.delete(id)) this.#change({ tracks, dropped });
  }

  undo(): void {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.#state);
    this.#state = before;
  }

  redo(): void {
    const after = this.#future.pop();
    if (!after) return;
    this.#past.push(this.#state);
    this.#state = after;
  }

  #with(track: MaskTrack): Map<string, MaskTrack> {
    return new Map(this.#state.tracks).set(track.id, track);
  }

  #change(change: Partial<State>): void {
    this.#past.push(this.#state);
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future.length = 0;
    this.#state = { ...this.#state, ...change };
  }
}
