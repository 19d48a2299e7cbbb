// Opens the workbench on the page's task, or says over the picture why it does not open.

import { chooseSource } from "../frames/choosing.ts";
import { FrameIndex, type FrameIndexWire } from "../frames/index.ts";
import { LabelDocument } from "../labels/document.ts";
import type { TaskPage } from "../labels/wire.ts";
import type { Command } from "./commands.ts";
import { must } from "./dom.ts";
import { Notes } from "./notes.ts";
import { Workbench } from "./workbench.ts";

async function readIndex(url: string): Promise<FrameIndexWire> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Error(problem.detail ?? `The server answered ${response.status}.`);
  }
  return (await response.json()) as FrameIndexWire;
}

/** `own`: commands in place of an annotator's. `ready` runs before the labels are loaded; null when the task could not be opened. */
export async function openWorkbench<Page extends TaskPage>(page: Page, ready: (workbench: Workbench) => void = () => undefined, own?: () => Command[]): Promise<Workbench | null> {
  const notes = new Notes(must("notes"));
  try {
    const wire = await readIndex(page.urls.index);
    const { start_frame: first, end_frame: last } = page.task;
    const host = must("workbench");
    const chosen = await chooseSource(must("main"), wire, { ...page.urls, worker: host.dataset["worker"]! }, first, last);
    if (typeof chosen === "string") {
      notes.show("start", "bad", "This footage can’t be shown exactly here.", chosen);
      return null;
    }
    host.dataset["frames"] = chosen.name;
    const workbench = new Workbench(page, new FrameIndex(wire), chosen.source, new LabelDocument(), notes, own);
    for (const button of document.querySelectorAll<HTMLElement>("[data-go-frame]")) {
      button.addEventListener("click", () => workbench.player.seek(Number(button.dataset["goFrame"])));
    }
    ready(workbench);
    await workbench.open();
    return workbench;
  } catch (error) {
    notes.show("start", "bad", "The task could not be opened.", `${(error as Error).message} Nothing is lost.`, [
      { text: "Load again", primary: true, run: () => location.reload() },
    ]);
    return null;
  }
}
