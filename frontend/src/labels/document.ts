// The labels of one task in the browser: tracks and events by id, undo and redo, and what is not saved yet.

import { isSpan, type Item, type Span, type StoredSpan, type StoredTrack, type Track } from "./wire.ts";

interface Change {
  readonly id: string;
  readonly before: Item | null;
  readonly after: Item | null;
}

export interface Step {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** What undo needs after a reload: steps, oldest first, and the revisions of what is deleted now. */
export interface Journal {
  readonly steps: readonly Step[];
  readonly revisions: Readonly<Record<string, number>>;
}

export interface Unsaved {
  readonly tracks: Track[];
  readonly events: Span[];
  readonly deleted: string[];
  /** Revision on the server that each change starts from; 0 for a new one. */
  readonly revisions: Readonly<Record<string, number>>;
  /** Hand this to `saved` when the server has it. */
  readonly revision: number;
}

/** Steps kept for undo; more than anyone goes back, small enough to forget about memory. */
const LIMIT = 500;

export class LabelDocument {
  readonly #tracks = new Map<string, Track>();
  readonly #spans = new Map<string, Span>();
  readonly #numbers = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();
  /** Revision of each item that the server has; a deleted one keeps its place. */
  readonly #stored = new Map<string, number>();
  #undo: Step[] = [];
  #redo: Step[] = [];
  #revision = 0;
  readonly #next = { track: 1, span: 1 };
  #listeners: (() => void)[] = [];

  /** Replaces everything by what the server has. */
  load(tracks: readonly StoredTrack[], spans: readonly StoredSpan[] = []): void {
    this.#tracks.clear();
    this.#spans.clear();
    this.#stored.clear();
    this.#changedAt.clear();
    this.#undo = [];
    this.#redo = [];
    for (const { revision, ...item } of [...tracks, ...spans]) {
      this.#put(item);
      this.#stored.set(item.id, revision ?? 0);
    }
    this.#tell();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get tracks(): IterableIterator<Track> {
    return this.#tracks.values();
  }

  get size(): number {
    return this.#tracks.size;
  }

  get(id: string | null): Track | undefined {
    return id === null ? undefined : this.#tracks.get(id);
  }

  /** By start, then by the order in which they came. */
  get spans(): Span[] {
    return [...this.#spans.values()].sort((a, b) => a.start - b.start || this.number(a.id) - this.number(b.id));
  }

  span(id: string | null): Span | undefined {
    return id === null ? undefined : this.#spans.get(id);
  }

  /** The number that people see beside a track or event; it stays with the id for the session. */
  number(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** Applies tracks and events (null deletes) as one step. `merge`: a name whose steps melt into one, as when
   * an arrow key is held down. */
  apply(name: string, edits: readonly (readonly [string, Item | null])[], merge = false): boolean {
    const changes: Change[] = [];
    for (const [id, after] of edits) {
      const before = this.#item(id) ?? null;
      if (before !== after) changes.push({ id, before, after });
    }
    if (!changes.length) return false;
    this.#write(changes, "after");
    const last = this.#undo.at(-1);
    if (merge && last && last.name === name && sameIds(last.changes, changes)) {
      const melted = last.changes.map((was, i) => ({ ...was, after: changes[i]!.after }));
      this.#undo[this.#undo.length - 1] = { name, changes: melted };
    } else {
      this.#undo.push({ name, changes });
      if (this.#undo.length > LIMIT) this.#undo.shift();
    }
    this.#redo = [];
    this.#tell();
    return true;
  }

  get canUndo(): string | null {
    return this.#undo.at(-1)?.name ?? null;
  }

  get canRedo(): string | null {
    return this.#redo.at(-1)?.name ?? null;
  }

  /** The last steps that can be taken back. */
  journal(limit: number): Journal {
    const steps = this.#undo.slice(-limit);
    const revisions: Record<string, number> = {};
    for (const { id } of steps.flatMap((step) => step.changes)) {
      const revision = this.#stored.get(id);
      if (!this.#item(id) && revision !== undefined) revisions[id] = revision;
    }
    return { steps, revisions };
  }

  /** Takes up a journal where it still leads to what is here; else nothing of it is used. */
  resume({ steps, revisions }: Journal): void {
    const now = new Map<string, string>();
    for (const step of [...steps].reverse()) {
      for (const { id, before, after } of step.changes) {
        if ((now.get(id) ?? canonical(this.#item(id) ?? null)) !== canonical(after)) return;
        now.set(id, canonical(before));
      }
    }
    for (const [id, revision] of Object.entries(revisions)) if (!this.#stored.has(id)) this.#stored.set(id, revision);
    this.#undo = [...steps];
    this.#tell();
  }

  undo(): string | null {
    const step = this.#undo.pop();
    if (!step) return null;
    this.#redo.push(step);
    this.#write(step.changes, "before");
    this.#tell();
    return step.name;
  }

  redo(): string | null {
    const step = this.#redo.pop();
    if (!step) return null;
    this.#undo.push(step);
    this.#write(step.changes, "after");
    this.#tell();
    return step.name;
  }

  get dirty(): boolean {
    return this.#changedAt.size > 0;
  }

  /** What the server does not have yet. */
  unsaved(): Unsaved {
    const tracks: Track[] = [];
    const events: Span[] = [];
    const deleted: string[] = [];
    const revisions: Record<string, number> = {};
    for (const id of this.#changedAt.keys()) {
      const item = this.#item(id);
      if (!item && !this.#stored.has(id)) continue;
      if (item && isSpan(item)) events.push(item);
      else if (item) tracks.push(item);
      else deleted.push(id);
      revisions[id] = this.#stored.get(id) ?? 0;
    }
    return { tracks, events, deleted, revisions, revision: this.#revision };
  }

  /** The server has what `unsaved` gave, under new revisions; edits made since stay unsaved. */
  saved(done: Unsaved, revisions: Readonly<Record<string, number>> = {}): void {
    for (const id of Object.keys(done.revisions)) this.#stored.set(id, revisions[id] ?? 0);
    for (const [id, revision] of [...this.#changedAt]) {
      if (revision <= done.revision) this.#changedAt.delete(id);
    }
  }

  #write(changes: readonly Change[], side: "before" | "after"): void {
    this.#revision += 1;
    for (const change of changes) {
      const item = change[side];
      if (item) this.#put(item);
      else {
        this.#tracks.delete(change.id);
        this.#spans.delete(change.id);
      }
      this.#changedAt.set(change.id, this.#revision);
    }
  }

  #item(id: string): Item | undefined {
    return this.#tracks.get(id) ?? this.#spans.get(id);
  }

  #put(item: Item): void {
    if (isSpan(item)) this.#spans.set(item.id, item);
    else this.#tracks.set(item.id, item);
    if (!this.#numbers.has(item.id)) this.#numbers.set(item.id, this.#next[isSpan(item) ? "span" : "track"]++);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** JSON with sorted keys: the server writes them in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one && typeof one === "object" && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one);
}

function sameIds(a: readonly Change[], b: readonly Change[]): boolean {
  return a.length === b.length && a.every((change, i) => change.id === b[i]!.id);
}
