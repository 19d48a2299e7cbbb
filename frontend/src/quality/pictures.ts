// The pictures behind drawn boxes: worst frames, and two labellings that differ. Each look at
// footage is in the log, so pictures are fetched when somebody asks for them, not with the page.

import type { FrameIndexWire } from "../frames/index.ts";
import { WebCodecsSource, whyNotWebCodecs } from "../frames/webcodecs.ts";
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
      await show(place);
    } catch (error) {
      failed.push((error as Error).message);
    }
  }
  say.textContent = failed[0] ? `${failed.length} could not be shown. ${failed[0]}` : "Your look at these frames is in the log.";
  button.disabled = failed.length === 0;
}

async function show(place: HTMLElement): Promise<void> {
  const clip = `/api/v1/t/${list.dataset["tenant"]}/clips/${place.dataset["clip"]}`;
  const index = await indexOf(`${clip}/index`);
  const obstacle = await whyNotWebCodecs(index);
  if (obstacle) throw new Error(obstacle);
  const frame = Number(place.dataset["frame"]);
  const source = new WebCodecsSource(list.dataset["worker"]!, index, `${clip}/gops/{n}`, frame, frame);
  try {
    const picture = await source.picture(frame);
    if (!picture) return;
    const canvas = place.querySelector("canvas")!;
    [canvas.width, canvas.height] = [index.width, index.height];
    const [width, height] = [(picture.width * index.width) / index.coded_width, (picture.height * index.height) / index.coded_height];
    canvas.getContext("2d")!.drawImage(picture.image, 0, 0, width, height, 0, 0, index.width, index.height);
    picture.close();
    place.classList.add("shot--drawn");
    place.dataset["drawn"] = String(picture.frame);
  } finally {
    source.close();
  }
}

const indexes = new Map<string, Promise<FrameIndexWire>>();

function indexOf(url: string): Promise<FrameIndexWire> {
  const known = indexes.get(url) ?? readIndex(url);
  indexes.set(url, known);
  return known;
}

async function readIndex(url: string): Promise<FrameIndexWire> {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("The clip of this frame can't be read any more.");
  return answer.json();
}
