// What the person at the workbench has in hand: selection, tool, hidden and locked tracks.
// The labels themselves are in LabelDocument.

import type { Shape } from "../labels/interpolate.ts";
import { shapeAt } from "../labels/interpolate.ts";
import type { LabelDocument } from "../labels/document.ts";
import type { LabelSpec, Ontology, Track } from "../labels/wire.ts";

export type Tool = "select" | "pan" | "box" | "merge";

export class Session {
  frame: number;
  tool: Tool = "select";
  selected: string | null = null;
  readonly hidden = new Set<string>();
  readonly locked = new Set<string>();
  /** The label of the next box. */
  label: LabelSpec;
  /** Set when saving is no longer possible: looking goes on, editing does not. */
  readOnly = false;
  #listeners: (() => void)[] = [];

  constructor(
    readonly document: LabelDocument,
    readonly ontology: Ontology,
    readonly first: number,
    readonly last: number,
  ) {
    this.frame = first;
    const boxes = ontology.labels.filter((label) => label.kinds.includes("box"));
    const label = boxes[0] ?? ontology.labels[0];
    if (!label) throw new Error("The ontology of this task has no labels.");
    this.label = label;
    document.onChange(() => {
      if (this.selected !== null && !document.get(this.selected)) this.selected = null;
      this.changed();
    });
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  select(id: string | null): void {
    this.selected = id;
    this.changed();
  }

  use(tool: Tool): void {
    this.tool = tool;
    this.changed();
  }

  get track(): Track | undefined {
    return this.document.get(this.selected);
  }

  labelOf(track: Track): LabelSpec | undefined {
    return this.ontology.labels.find((label) => label.key === track.label);
  }

  /** "person 14": how a track is named in sentences. */
  nameOf(track: Track): string {
    return `${(this.labelOf(track)?.name ?? track.label).toLowerCase()} ${this.document.number(track.id)}`;
  }

  /** k1 to k8: by the track's number, so that neighbours differ; the number is always beside it. */
  colourOf(track: Track): string {
    return `k${((this.document.number(track.id) - 1) % 8) + 1}`;
  }

  /** Tracks with their shape on the frame, outside ones too. */
  *shapes(frame = this.frame): Generator<[Track, Shape]> {
    for (const track of this.document.tracks) {
      const shape = shapeAt(track, frame);
      if (shape) yield [track, shape];
    }
  }

  editable(track: Track): boolean {
    return !this.readOnly && !this.locked.has(track.id);
  }
}
