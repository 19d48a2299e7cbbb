// After a hand-in or a verdict: the next piece of work, by the door of the button on "My work".

import type { NextDoor, Problem } from "../labels/wire.ts";
import type { NoteAction, Notes } from "./notes.ts";

const WORDS: Record<NextDoor["work"], { take: string; none: string; more: string }> = {
  annotate: { take: "Next task", none: "There is no task for you right now.", more: "New work comes in all day." },
  review: { take: "Next review", none: "There is no review for you right now.", more: "What is drawn from the next hand-ins comes by itself." },
  quiz: { take: "Next task", none: "No more tasks of this quiz are open to you now.", more: "If you have handed them all in, the result comes in a moment." },
};

/** A page of a task that is done with. Without `next` nobody can say where more work is. */
interface Done {
  readonly csrf: string;
  readonly next?: NextDoor | null;
  readonly urls: { readonly home?: string };
}

/** Says what was done, and offers what comes next; Enter takes it. To be called once a page. */
export function offerNext(page: Done, notes: Notes, title: string, text: string): void {
  const { next, urls: { home } } = page;
  const leave: NoteAction[] = home ? [{ text: "Go to my work", run: () => location.assign(home) }] : [];
  if (!next) return void notes.show("done", "ok", title, text, leave.map((action) => ({ ...action, primary: true })));
  const { take } = WORDS[next.work];
  const note = notes.show("done", "ok", title, text, [{ text: take, key: "⏎", primary: true, run: (button) => void taken(page, next, notes, button) }, ...leave]);
  const button = note.querySelector("button")!;
  button.focus();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    // The Enter that handed this one in must not take the next while it is held down.
    if (event.repeat) return event.preventDefault();
    if (document.querySelector("dialog[open]") || (event.target as Element).closest("a, button, summary, input, textarea, select")) return;
    event.preventDefault();
    if (button.isConnected) button.click();
  });
}

async function taken(page: Done, next: NextDoor, notes: Notes, button: HTMLButtonElement): Promise<void> {
  if (button.disabled) return;
  button.disabled = true;
  notes.drop("next");
  try {
    const response = await fetch(next.lease, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": page.csrf },
      body: JSON.stringify({ work: next.work }),
    });
    if (response.status === 200) return location.assign(((await response.json()) as { workbench: string }).workbench);
    if (response.status === 204) {
      const { none, more } = WORDS[next.work];
      return told(notes, "info", none, more, [{ text: "Go to my work", primary: true, run: () => location.assign(next.why) }]);
    }
    const problem = (await response.json().catch(() => ({}))) as Problem;
    told(notes, "bad", "The next one could not be taken.", problem.detail ?? `The server answered ${response.status}.`, again(button));
  } catch {
    told(notes, "bad", "The next one could not be taken.", "The server can’t be reached. What you handed in is safe.", again(button));
  }
  button.disabled = false;
}

function again(button: HTMLButtonElement): NoteAction[] {
  return [{ text: "Try again", primary: true, run: () => button.click() }];
}

function told(notes: Notes, tone: "info" | "bad", title: string, text: string, actions: readonly NoteAction[]): void {
  notes.show("next", tone, title, text, actions).querySelector("button")!.focus();
}
