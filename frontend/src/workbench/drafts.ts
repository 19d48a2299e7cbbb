// What could not be saved, kept in this browser until it is saved, taken over or dropped. Labels
// only, never pictures.

import type { Unsaved } from "../labels/document.ts";
import type { Track } from "../labels/wire.ts";

export interface Draft {
  at: string;
  tracks: Track[];
  deleted: string[];
}

const key = (task: string): string => `custos.draft.${task}`;

export function keepDraft(task: string, { tracks, deleted }: Pick<Unsaved, "tracks" | "deleted">): boolean {
  if (!tracks.length && !deleted.length) return true;
  try {
    const draft: Draft = { at: new Date().toISOString(), tracks, deleted };
    localStorage.setItem(key(task), JSON.stringify(draft));
    return true;
  } catch {
    return false; // storage is full or switched off; the caller says so
  }
}

export function readDraft(task: string): Draft | null {
  try {
    const text = localStorage.getItem(key(task));
    return text === null ? null : (JSON.parse(text) as Draft);
  } catch {
    return null;
  }
}

export function dropDraft(task: string): void {
  try {
    localStorage.removeItem(key(task));
  } catch {
    // Storage is switched off: there was none.
  }
}
