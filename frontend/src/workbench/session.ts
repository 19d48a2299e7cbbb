// What the person at the workbench has in hand: selection, tool, hidden and locked tracks.
// The labels themselves are in LabelDocument.

import type { Shape } from "../labels/interpolate.ts";
import { shapeAt } from "../labels/interpolate.ts";
import type { LabelDocument } from "../labels/document.ts";
import type { EventSpec, LabelSpec, Ontology, Span, Track, Zone } from "../labels/wire.ts";

export type Tool = "select" | "pan" | "box" | "merge";

export class Session {
  frame: number;
  tool: Tool = "select";
  selected: string | null = null;
  /** The chosen event, and one that was begun and not ended yet. */
  event: string | null = null;
  running: string | null = null;
  zonesShown = true;
  /** The kind of the next event; null where the ontology has none. */
  eventKind: EventSpec | null;
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
    readonly zones: readonly Zone[] = [],
  ) {
    this.frame = first;
    const boxes = ontology.labels.filter((label) => label.kinds.includes("box"));
    const label = boxes[0] ?? ontology.labels[0];
    if (!label) throw new Error("The ontology of this task has no labels.");
    this.label = label;
    this.eventKind = ontology.events?.[0] ?? null;
    document.onChange(() => {
      if (this.selected !== null && !document.get(this.selected)) this.selected = null;
      if (this.event !== null && !document.span(this.event)) this.event = null;
      if (this.running !== null && !document.span(this.running)) this.running = null;
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
    this.event = null;
    this.changed();
  }

  selectEvent(id: string | null): void {
    this.selected = null;
    this.event = id;
    this.changed();
  }

  get span(): Span | undefined {
    return this.document.span(this.event);
  }

  kindOf(span: Span): EventSpec | undefined {
    return this.ontology.events?.find((kind) => kind.key === span.event);
  }

  /** "loitering, event 2": how an event is named in sentences. */
  nameOfSpan(span: Span): string {
    return `${(this.kindOf(span)?.name ?? span.event).toLowerCase()}, event ${this.document.number(span.id)}`;
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
