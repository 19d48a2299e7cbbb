// Undo through a reload: the last steps of a task, kept in this browser each time that the server has
// everything. Ids, labels and numbers only; gone when the task is.

import type { Journal, LabelDocument } from "../labels/document.ts";

/** Steps kept, and characters: storage is small and other tasks want some too. */
const STEPS = 100;
const CHARACTERS = 1_000_000;

const key = (task: string): string => `custos.undo.${task}`;

export function keepJournal(task: string, document: LabelDocument): void {
  try {
    let steps = STEPS;
    let text = JSON.stringify(document.journal(steps));
    while (text.length > CHARACTERS && steps > 1) {
      steps = Math.floor(steps / 2);
      text = JSON.stringify(document.journal(steps));
    }
    if (text.length > CHARACTERS) return dropJournal(task);
    localStorage.setItem(key(task), text);
  } catch {
    dropJournal(task); // storage is full or switched off: better no undo than half of one
  }
}

export function resumeJournal(task: string, document: LabelDocument): void {
  try {
    const text = localStorage.getItem(key(task));
    if (text !== null) document.resume(JSON.parse(text) as Journal);
  } catch {
    dropJournal(task);
  }
}

export function dropJournal(task: string): void {
  try {
    localStorage.removeItem(key(task));
  } catch {
    // Storage is switched off: there was none.
  }
}
