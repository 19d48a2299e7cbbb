// The pictures behind drawn boxes: worst frames, and two labellings that differ. Each look at
// footage is in the log, so pictures are fetched when somebody asks for them, not with the page.

import { drawFrame } from "../frames/still.ts";
import { must } from "../workbench/dom.ts";

const list = must("pictures");
const button = must<HTMLButtonElement>("pictures-show");
const say = must("pictures-say");

button.addEventListener("click", () => void showAll());

async function showAll(): Promise<void> {
  button.disabled = true;
  say.textContent = "Fetching the pictures …";
  const failed: string[] = [];
  for (const place of list.querySelectorAll<HTMLElement>("[data-clip]")) {
    try {
      await drawFrame(place, list.dataset["tenant"]!, list.dataset["worker"]!);
    } catch (error) {
      failed.push((error as Error).message);
    }
  }
  say.textContent = failed[0] ? `${failed.length} could not be shown. ${failed[0]}` : "Your look at these frames is in the log.";
  button.disabled = failed.length === 0;
}
