// Frames by a <video> element, for browsers without WebCodecs and pages that are not on HTTPS. The
// element is given the same GOPs as the decoder would be, by Media Source Extensions, one at a time:
// the last frames of a stretch of footage only come out when nothing follows it.
//
// It seeks to the middle of a frame's time, and takes the picture only when the browser says
// (mediaTime) that it is of this frame; else it fails, rather than show a neighbour.

import { fetchBytes, Gops } from "./fetching.ts";
import { FrameIndex, type FrameIndexWire } from "./index.ts";
import { FrameFailed, type FrameSource, type Picture, type Ready } from "./source.ts";

/** A seek that shows nothing for so long is tried again. */
const PATIENCE_MS = 3000;
const TRIES = 3;
/** The browser tells times to a microsecond; a neighbouring frame is farther away than this. */
const EXACT_S = 0.004;

const typeOf = (index: FrameIndexWire): string => `video/mp4; codecs="${index.codec}"`;

/** null when this browser can; otherwise what stands in the way. */
export function whyNotVideo(index: FrameIndexWire): string | null {
  if (typeof MediaSource === "undefined" || !("requestVideoFrameCallback" in HTMLVideoElement.prototype)) {
    return "This browser can’t show single frames (no WebCodecs, no requestVideoFrameCallback). Use a current Chrome, Edge, Safari or Firefox.";
  }
  return MediaSource.isTypeSupported(typeOf(index)) ? null : `This browser does not decode ${index.codec}.`;
}

interface Wanted {
  readonly frame: number;
  resolve(picture: Picture | null): void;
  reject(error: Error): void;
}

export class VideoSource implements FrameSource {
  readonly #index: FrameIndex;
  readonly #gops: Gops;
  readonly #media = new MediaSource();
  readonly #video = document.createElement("video");
  readonly #buffer: Promise<SourceBuffer>;
  readonly #listeners: ((ready: Ready) => void)[] = [];
  /** The GOP in the element, and where its first frame lies on the element's clock. */
  #loaded: { gop: number; offset: number } | null = null;
  #last: { frame: number; image: ImageBitmap } | null = null;
  #wanted: Wanted | null = null;
  #busy = false;

  /** `gopUrl` contains {n}; `host` takes the element, which nobody sees. */
  constructor(host: HTMLElement, wire: FrameIndexWire, initUrl: string, gopUrl: string, readonly last: number) {
    this.#index = new FrameIndex(wire);
    this.#gops = new Gops(wire, gopUrl);
    this.#video.className = "vh";
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.tabIndex = -1;
    this.#video.setAttribute("aria-hidden", "true");
    this.#video.src = URL.createObjectURL(this.#media);
    host.append(this.#video);
    this.#buffer = this.#open(typeOf(wire), initUrl);
    this.#buffer.catch(() => undefined); // told by the first picture
  }

  picture(frame: number): Promise<Picture | null> {
    this.#wanted?.resolve(null);
    return new Promise((resolve, reject) => {
      this.#wanted = { frame, resolve, reject };
      void this.#work();
    });
  }

  prefetch(frame: number): void {
    void this.#gops.get(this.#index.gopOf(Math.min(frame, this.last))).catch(() => this.#gops.drop(this.#index.gopOf(frame)));
  }

  onReady(listener: (ready: Ready) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#wanted?.resolve(null);
    this.#wanted = null;
    this.#last?.image.close();
    URL.revokeObjectURL(this.#video.src);
    this.#video.remove();
  }

  async #open(type: string, initUrl: string): Promise<SourceBuffer> {
    if (this.#media.readyState !== "open") await once(this.#media, "sourceopen");
    const buffer = this.#media.addSourceBuffer(type);
    await append(buffer, await fetchBytes(initUrl, null));
    return buffer;
  }

  /** One frame at a time, the one wanted last. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let wanted = this.#wanted; wanted; wanted = this.#wanted) {
      try {
        const picture = await this.#show(wanted.frame);
        if (this.#wanted === wanted) this.#wanted = null;
        wanted.resolve(picture);
      } catch (error) {
        if (this.#wanted === wanted) this.#wanted = null;
        this.#gops.drop(this.#index.gopOf(wanted.frame));
        this.#loaded = null;
        wanted.reject(error instanceof FrameFailed ? error : new FrameFailed("decode", String((error as Error).message)));
      }
    }
    this.#busy = false;
  }

  async #show(frame: number): Promise<Picture> {
    if (this.#last?.frame !== frame) {
      const loaded = this.#index.gopOf(frame) === this.#loaded?.gop;
      await this.#load(this.#index.gopOf(frame));
      const image = await this.#seek(frame);
      this.#last?.image.close();
      this.#last = { frame, image };
      return this.#copy(frame, !loaded);
    }
    return this.#copy(frame, false);
  }

  /** Whoever receives a picture closes it; ours stays. */
  async #copy(frame: number, late: boolean): Promise<Picture> {
    const image = await createImageBitmap(this.#last!.image);
    return { frame, image, width: image.width, height: image.height, late, close: () => image.close() };
  }

  async #load(gop: number): Promise<void> {
    if (this.#loaded?.gop === gop) return;
    const [bytes, buffer] = await Promise.all([this.#gops.get(gop), this.#buffer]);
    this.#loaded = null;
    if (buffer.buffered.length) {
      buffer.remove(0, Infinity);
      await once(buffer, "updateend");
    }
    await append(buffer, bytes);
    this.#media.endOfStream();
    const [first, last] = this.#index.wire.gops[gop]!;
    this.#loaded = { gop, offset: buffer.buffered.start(0) - this.#clock(first) };
    const ready: Ready = { ranges: [[first, last]], held: 1, peak: 1, decoding: false };
    for (const listener of this.#listeners) listener(ready);
  }

  /** When the mezzanine shows a frame, in seconds from its first. */
  #clock(frame: number): number {
    return this.#index.wire.ticks[frame]! / this.#index.wire.ticks_per_second;
  }

  async #seek(frame: number): Promise<ImageBitmap> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const image = await this.#seekOnce(frame, attempt);
      if (image) return image;
    }
    throw new FrameFailed("inexact", "This browser did not show exactly the frame that was asked for. Nothing was drawn on another one; use a browser with WebCodecs.");
  }

  /** null when the browser showed nothing, or another frame. Each attempt aims a little elsewhere
   * within the frame: a seek to where the element is already shows nothing new. */
  #seekOnce(frame: number, attempt: number): Promise<ImageBitmap | null> {
    const video = this.#video;
    const from = this.#clock(frame);
    const until = frame + 1 < this.#index.frames ? this.#clock(frame + 1) : from + 0.01;
    const { offset } = this.#loaded!;
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        video.cancelVideoFrameCallback(request);
        resolve(null);
      }, PATIENCE_MS);
      const request = video.requestVideoFrameCallback((_, { mediaTime }) => {
        clearTimeout(timeout);
        const exact = Math.abs(mediaTime - offset - from) < Math.min(EXACT_S, (until - from) / 3);
        if (exact) createImageBitmap(video).then(resolve, reject);
        else resolve(null);
      });
      video.currentTime = offset + from + (until - from) * (0.5 + attempt * 0.15);
    });
  }
}

async function append(buffer: SourceBuffer, bytes: ArrayBuffer): Promise<void> {
  buffer.appendBuffer(bytes);
  await once(buffer, "updateend");
}

function once(target: EventTarget, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    target.addEventListener(name, () => resolve(), { once: true });
    target.addEventListener("error", () => reject(new FrameFailed("decode", "The browser can’t read this footage.")), { once: true });
  });
}
