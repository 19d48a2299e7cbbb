// One frame of a clip as a still picture, fetched only when somebody asks for it.

import type { FrameIndexWire } from "./index.ts";
import { WebCodecsSource, whyNotWebCodecs } from "./webcodecs.ts";

/**
 * Draws one exact frame into the place's canvas; `tenant` is the slug, `worker` the decoder's
 * address. The server logs the look. Throws a sentence for the person where it can't be shown.
 */
export async function drawFrame(place: HTMLElement, tenant: string, worker: string): Promise<void> {
  const clip = `/api/v1/t/${tenant}/clips/${place.dataset["clip"]}`;
  const index = await indexOf(`${clip}/index`);
  const obstacle = await whyNotWebCodecs(index);
  if (obstacle) throw new Error(obstacle);
  const frame = Number(place.dataset["frame"]);
  const source = new WebCodecsSource(worker, index, `${clip}/gops/{n}`, frame, frame);
  try {
    const picture = await source.picture(frame);
    if (!picture) return;
    const canvas = place.querySelector("canvas")!;
    // The whole picture, or the part of it that `data-cut` names: x, y, width, height in pixels.
    const cut = place.dataset["cut"]?.split(" ").map(Number) ?? [0, 0, index.width, index.height];
    const [x, y, width, height] = cut as [number, number, number, number];
    [canvas.width, canvas.height] = [width, height];
    const [across, down] = [picture.width / index.coded_width, picture.height / index.coded_height];
    canvas.getContext("2d")!.drawImage(picture.image, x * across, y * down, width * across, height * down, 0, 0, width, height);
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
