// Cut-outs of tracks, decoded in the browser one after the other: of each picture its group of
// pictures is fetched once, and that is a receipt in the log. Only what is shown is fetched.

import { chooseSource } from "../frames/choosing.ts";
import type { FrameIndexWire } from "../frames/index.ts";
import type { FrameSource, Picture } from "../frames/source.ts";
import type { Box, Item, View } from "./wire.ts";

/** Clips whose decoder is kept: each holds up to two groups of decoded pictures. */
const SOURCES_KEPT = 3;
/** Of a cut-out, in pixels of the canvas: drawn at twice the size that it has on the page. */
export const WIDE = 360;
export const HIGH = 440;
const AROUND = 1.35;

interface Opened {
  readonly index: FrameIndexWire;
  readonly source: FrameSource;
}

export class Crops {
  readonly #clips = new Map<string, Promise<Opened>>();
  readonly #done = new Map<string, Promise<ImageBitmap>>();
  #turn: Promise<unknown> = Promise.resolve();

  /** `clipUrl` contains {clip}. */
  constructor(readonly host: HTMLElement, readonly worker: string, readonly clipUrl: string) {}

  /** Draws a track's picture on the canvas, as soon as it is there. Rejects when it can't be had. */
  async draw(canvas: HTMLCanvasElement, item: Item, view: View, wanted: () => boolean): Promise<void> {
    const name = `${item.clip} ${item.track} ${view.frame}`;
    let picture = this.#done.get(name);
    if (!picture) {
      // One at a time: what the person went away from meanwhile is not fetched at all.
      const cut = this.#turn.catch(() => undefined).then(() => (wanted() ? this.#cut(item.clip, view) : null));
      this.#turn = cut;
      const bitmap = await cut;
      if (!bitmap) return;
      picture = Promise.resolve(bitmap);
      this.#done.set(name, picture);
    }
    canvas.getContext("2d")!.drawImage(await picture, 0, 0, canvas.width, canvas.height);
    canvas.dataset["painted"] = String(view.frame);
  }

  async #cut(clip: string, view: View): Promise<ImageBitmap> {
    const { index, source } = await this.#open(clip);
    const picture = await source.picture(view.frame);
    if (!picture) throw new Error("The picture was overtaken.");
    try {
      return await createImageBitmap(cutOut(picture, index, view.box));
    } finally {
      picture.close();
    }
  }

  #open(clip: string): Promise<Opened> {
    const opened = this.#clips.get(clip) ?? this.#load(clip);
    this.#clips.delete(clip);
    this.#clips.set(clip, opened);
    opened.catch(() => this.#clips.delete(clip));
    for (const old of [...this.#clips.keys()].slice(0, -SOURCES_KEPT)) {
      void this.#clips.get(old)!.then(({ source }) => source.close(), () => undefined);
      this.#clips.delete(old);
    }
    return opened;
  }

  async #load(clip: string): Promise<Opened> {
    const base = this.clipUrl.replace("{clip}", clip);
    const answer = await fetch(`${base}/index`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error((told as { detail?: string }).detail ?? `The server answered ${answer.status}.`);
    const index = told as FrameIndexWire;
    const urls = { worker: this.worker, init: `${base}/init`, gop: `${base}/gops/{n}` };
    const chosen = await chooseSource(this.host, index, urls, 0, index.pts.length - 1);
    if (typeof chosen === "string") throw new Error(chosen);
    return { index, source: chosen.source };
  }
}

/** The box with some of what is around it, whole, with a line around the track itself. */
function cutOut(picture: Picture, index: FrameIndexWire, box: Box): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDE, HIGH];
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const scale = Math.min(WIDE / (width * AROUND), HIGH / (height * AROUND));
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#07090a";
  context.fillRect(0, 0, WIDE, HIGH);
  context.translate(WIDE / 2, HIGH / 2);
  context.scale(scale, scale);
  context.translate(-(box[0] + box[2]) / 2, -(box[1] + box[3]) / 2);
  // The image may be padded at the right and below, and smaller than the source.
  context.drawImage(picture.image, 0, 0, index.coded_width, index.coded_height);
  context.lineWidth = 3 / scale;
  context.strokeStyle = "#000";
  context.strokeRect(box[0], box[1], width, height);
  context.lineWidth = 1.5 / scale;
  context.strokeStyle = "#fff";
  context.strokeRect(box[0], box[1], width, height);
  return canvas;
}
