// What the person at the workbench has in hand: selection, tool, hidden and locked tracks.
// The labels themselves are in LabelDocument.

import type { Shape } from "../labels/interpolate.ts";
import { shapeAt } from "../labels/interpolate.ts";
import type { LabelDocument } from "../labels/document.ts";
import type { EventSpec, LabelSpec, Ontology, Span, Track, Zone } from "../labels/wire.ts";

export type Kind = "box" | "polygon";
export type Tool = "select" | "pan" | Kind | "merge";
const KINDS: readonly string[] = ["box", "polygon"];

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
  /** Label and form of the next object. */
  label: LabelSpec;
  kind: Kind = "box";
  /** The chosen point of the selected polygon. */
  point: number | null = null;
  /** The next shape is drawn for the selected object, not for a new one. */
  redrawing = false;
  /** Set when saving is no longer possible: looking goes on, editing does not. */
  readOnly = false;
  #listeners: (() => void)[] = [];

  constructor(
    readonly document: LabelDocument,
    readonly ontology: Ontology,
    readonly first: number,
    readonly last: number,
    readonly zones: readonly Zone[] = [],
    readonly labelKeys: readonly string[] = ontology.labels.map((label) => label.key),
  ) {
    this.frame = first;
    const label = this.labels[0];
    if (!label) throw new Error("The ontology of this task has no labels that are drawn.");
    this.label = label;
    this.choose(label);
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

  /** Labels that are drawn, in the ontology's order. */
  get labels(): LabelSpec[] {
    return this.ontology.labels.filter((label) => label.kinds.some((kind) => KINDS.includes(kind)));
  }

  /** The key that chooses a label, 1 to 9; the same in all tasks of a project. */
  digitOf(label: LabelSpec): number | null {
    const place = this.labelKeys.indexOf(label.key) + 1;
    return place >= 1 && place <= 9 ? place : null;
  }

  /** The label of the next object; its form stays where the label may have it. */
  choose(label: LabelSpec): void {
    this.label = label;
    if (!label.kinds.includes(this.kind)) this.kind = label.kinds.find((kind): kind is Kind => KINDS.includes(kind))!;
  }

  select(id: string | null): void {
    if (id !== this.selected) this.point = null;
    this.selected = id;
    this.event = null;
    this.changed();
  }

  selectEvent(id: string | null): void {
    this.selected = null;
    this.point = null;
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
    this.redrawing = false;
    this.changed();
  }

  /** Takes the tool for a form; a label that can't have it gives way to the first that can. */
  draw(kind: Kind): void {
    const label = this.label.kinds.includes(kind) ? this.label : this.labels.find((one) => one.kinds.includes(kind));
    if (!label) return;
    this.kind = kind;
    this.choose(label);
    this.use(kind);
  }

  /** Takes the tool to draw the selected object's shape on this frame anew. */
  redraw(track: Track): void {
    this.use(track.kind as Kind);
    this.redrawing = true;
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
