// What could not be saved, kept in this browser until it is saved, taken over or dropped. Labels
// only, never pictures.

import type { Unsaved } from "../labels/document.ts";
import type { Span, Track } from "../labels/wire.ts";

export interface Draft {
  at: string;
  tracks: Track[];
  events: Span[];
  deleted: string[];
}

const key = (task: string): string => `custos.draft.${task}`;

export function keepDraft(task: string, { tracks, events, deleted }: Pick<Unsaved, "tracks" | "events" | "deleted">): boolean {
  if (!tracks.length && !events.length && !deleted.length) return true;
  try {
    const draft: Draft = { at: new Date().toISOString(), tracks, events, deleted };
    localStorage.setItem(key(task), JSON.stringify(draft));
    return true;
  } catch {
    return false; // storage is full or switched off; the caller says so
  }
}

export function readDraft(task: string): Draft | null {
  try {
    const text = localStorage.getItem(key(task));
    // A draft kept by an older page has no events.
    return text === null ? null : { events: [], ...(JSON.parse(text) as Omit<Draft, "events"> & Partial<Draft>) };
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
