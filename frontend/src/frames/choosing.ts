// Which of the two frame sources this browser gets.

import type { FrameIndexWire } from "./index.ts";
import type { FrameSource } from "./source.ts";
import { VideoSource, whyNotVideo } from "./video.ts";
import { WebCodecsSource, whyNotWebCodecs } from "./webcodecs.ts";

/** In localStorage: "video" takes the second source where both could be had, as tests do, and people
 * whose decoder misbehaves. */
const SETTING = "custos.frame-source";

export interface Addresses {
  readonly worker: string;
  readonly init: string;
  /** Contains {n}. */
  readonly gop: string;
}

/** The source and its name, or a sentence that says why there is none. */
export async function chooseSource(host: HTMLElement, index: FrameIndexWire, urls: Addresses, first: number, last: number): Promise<{ name: string; source: FrameSource } | string> {
  const obstacle = setting() === "video" ? "" : await whyNotWebCodecs(index);
  if (obstacle === null) return { name: "webcodecs", source: new WebCodecsSource(urls.worker, index, urls.gop, first, last) };
  const other = whyNotVideo(index);
  if (other === null) return { name: "video", source: new VideoSource(host, index, urls.init, urls.gop, last) };
  return `${obstacle} ${other}`.trim();
}

function setting(): string | null {
  try {
    return localStorage.getItem(SETTING);
  } catch {
    return null; // storage is switched off
  }
}
