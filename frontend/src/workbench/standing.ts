// What is hidden and locked, kept in this browser for as long as the task is open: ids only.

import type { Session } from "./session.ts";

const key = (task: string): string => `custos.standing.${task}`;

export function resumeStanding(task: string, session: Session): void {
  try {
    const { hidden, locked } = JSON.parse(localStorage.getItem(key(task)) ?? "{}") as { hidden?: string[]; locked?: string[] };
    for (const id of hidden ?? []) if (session.document.get(id)) session.hidden.add(id);
    for (const id of locked ?? []) if (session.document.get(id)) session.locked.add(id);
  } catch {
    // Storage is switched off, or holds something else: everything is shown and open.
  }
  let kept = "";
  session.onChange(() => {
    const now = JSON.stringify({ hidden: [...session.hidden], locked: [...session.locked] });
    if (now === kept) return;
    kept = now;
    try {
      localStorage.setItem(key(task), now);
    } catch {
      // As above: it holds until the page is left.
    }
  });
}

export function dropStanding(task: string): void {
  try {
    localStorage.removeItem(key(task));
  } catch {
    // There was none.
  }
}
