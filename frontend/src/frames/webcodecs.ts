// Frames by WebCodecs, decoded in a worker.

import type { FrameIndexWire } from "./index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { FrameFailed, type FrameSource, type Picture, type Ready } from "./source.ts";

/** null when this browser decodes the clip; otherwise what stands in the way. */
export async function whyNotWebCodecs(index: FrameIndexWire): Promise<string | null> {
  if (!isSecureContext) return "This page is not on HTTPS, so the browser does not decode frame by frame.";
  if (typeof VideoDecoder === "undefined") return "This browser can’t decode frame by frame (no WebCodecs). Use a current Chrome, Edge, Safari or Firefox.";
  const config = { codec: index.codec, codedWidth: index.coded_width, codedHeight: index.coded_height };
  const { supported } = await VideoDecoder.isConfigSupported(config);
  return supported ? null : `This browser does not decode ${index.codec}.`;
}

interface Waiting {
  resolve(picture: Picture | null): void;
  reject(error: Error): void;
}

export class WebCodecsSource implements FrameSource {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners: ((ready: Ready) => void)[] = [];
  #request = 0;

  /** Shows frames first to last of the clip. `gopUrl` contains {n}. */
  constructor(workerUrl: string, index: FrameIndexWire, gopUrl: string, first: number, last: number) {
    this.#worker = new Worker(workerUrl, { name: "frames" });
    this.#worker.addEventListener("message", (event: MessageEvent<FromWorker>) => this.#receive(event.data));
    this.#worker.addEventListener("error", (event) => this.#fail(event.message || "The decoder stopped."));
    this.#send({ kind: "open", index, gopUrl: new URL(gopUrl, location.href).href.replace("%7Bn%7D", "{n}"), first, last });
  }

  picture(frame: number): Promise<Picture | null> {
    const request = ++this.#request;
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      this.#send({ kind: "want", request, frame });
    });
  }

  prefetch(frame: number): void {
    this.#send({ kind: "prefetch", frame });
  }

  onReady(listener: (ready: Ready) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#worker.terminate();
    for (const waiting of this.#waiting.values()) waiting.resolve(null);
    this.#waiting.clear();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (message.kind === "ready") {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    if (message.kind === "picture") {
      const { frame, image, late } = message;
      if (waiting) waiting.resolve({ frame, image, width: image.displayWidth, height: image.displayHeight, late, close: () => image.close() });
      else image.close();
    } else if (message.kind === "overtaken") waiting?.resolve(null);
    else waiting?.reject(new FrameFailed(message.code, message.message));
  }

  #fail(message: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new FrameFailed("decode", message));
    this.#waiting.clear();
  }
}
