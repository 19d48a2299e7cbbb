// One window of a browser works on a task. A second one looks on and says so, and may take the work
// over: the first then saves, stops, and says where it went.

import { keepDraft } from "./drafts.ts";
import { newId } from "./identity.ts";
import type { Workbench } from "./workbench.ts";

type Word = "open" | "here" | "take" | "given";

export function guardWindows(workbench: Workbench): void {
  const { page, session, saver, notes } = workbench;
  const channel = new BroadcastChannel(`custos.task.${page.task.id}`);
  const own = newId();
  let working = true;
  const say = (word: Word): void => channel.postMessage({ word, from: own });

  const lookOn = (): void => {
    if (!working || saver.ended) return;
    working = false;
    session.readOnly = true;
    notes.show("window", "warn", "This task is open in another window.", "Work goes on there; here you can look. Nothing is overwritten.", [
      { text: "Work here instead", primary: true, run: () => say("take") },
    ]);
    session.changed();
  };

  /** Saves what there is, then gives the work away; what could not be saved is offered there. */
  const giveAway = async (): Promise<void> => {
    if (!working || saver.ended) return;
    working = false;
    session.readOnly = true;
    session.changed();
    await saver.flush();
    keepDraft(page.task.id, workbench.document.unsaved());
    saver.end();
    notes.show("window", "hold", "You work on this task in another window now.", "What you did here was handed over.", [
      { text: "Work here instead", run: () => location.reload() },
    ]);
    say("given");
  };

  channel.addEventListener("message", (event: MessageEvent<{ word: Word; from: string }>) => {
    const { word } = event.data;
    if (word === "open" && working && !saver.ended) say("here");
    else if (word === "here") lookOn();
    else if (word === "take") void giveAway();
    else if (word === "given" && !working && !saver.ended) location.reload();
  });
  say("open");
}
