// The labels of one task in the browser: tracks by id, undo and redo, and what is not saved yet.

import type { StoredTrack, Track } from "./wire.ts";

interface Change {
  readonly id: string;
  readonly before: Track | null;
  readonly after: Track | null;
}

interface Step {
  readonly name: string;
  readonly changes: readonly Change[];
}

export interface Unsaved {
  readonly tracks: Track[];
  readonly deleted: string[];
  /** Revision on the server that each change starts from; 0 for a new track. */
  readonly revisions: Readonly<Record<string, number>>;
  /** Hand this to `saved` when the server has it. */
  readonly revision: number;
}

/** Steps kept for undo; more than anyone goes back, small enough to forget about memory. */
const LIMIT = 500;

export class LabelDocument {
  readonly #tracks = new Map<string, Track>();
  readonly #numbers = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();
  /** Revision of each track that the server has; a deleted one keeps its place. */
  readonly #stored = new Map<string, number>();
  #undo: Step[] = [];
  #redo: Step[] = [];
  #revision = 0;
  #nextNumber = 1;
  #listeners: (() => void)[] = [];

  /** Replaces everything by what the server has. */
  load(tracks: readonly StoredTrack[]): void {
    this.#tracks.clear();
    this.#stored.clear();
    this.#changedAt.clear();
    this.#undo = [];
    this.#redo = [];
    for (const { revision, ...track } of tracks) {
      this.#tracks.set(track.id, track);
      this.#stored.set(track.id, revision ?? 0);
      this.#name(track.id);
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

  /** The number that people see beside a track; it stays with the id for the session. */
  number(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** Applies tracks (null deletes) as one step. `merge`: a name whose steps melt into one, as when
   * an arrow key is held down. */
  apply(name: string, edits: readonly (readonly [string, Track | null])[], merge = false): boolean {
    const changes: Change[] = [];
    for (const [id, after] of edits) {
      const before = this.#tracks.get(id) ?? null;
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
    const deleted: string[] = [];
    const revisions: Record<string, number> = {};
    for (const id of this.#changedAt.keys()) {
      const track = this.#tracks.get(id);
      if (!track && !this.#stored.has(id)) continue;
      if (track) tracks.push(track);
      else deleted.push(id);
      revisions[id] = this.#stored.get(id) ?? 0;
    }
    return { tracks, deleted, revisions, revision: this.#revision };
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
      const track = change[side];
      if (track) this.#tracks.set(change.id, track);
      else this.#tracks.delete(change.id);
      this.#name(change.id);
      this.#changedAt.set(change.id, this.#revision);
    }
  }

  #name(id: string): void {
    if (!this.#numbers.has(id)) this.#numbers.set(id, this.#nextNumber++);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function sameIds(a: readonly Change[], b: readonly Change[]): boolean {
  return a.length === b.length && a.every((change, i) => change.id === b[i]!.id);
}
