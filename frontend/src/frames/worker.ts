// Decodes whole GOPs and keeps the newest of them. One GOP is one fetch, and one receipt in the log.
//
// A frame's number is its timestamp through the decoder, so a picture can't be taken for another.

import { Gops } from "./fetching.ts";
import { FrameIndex } from "./index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { FrameFailed } from "./source.ts";

/** Decoded GOPs held: the one that is looked at, and the one that comes next. At 1080p and 25 frames
 * a GOP they are 160 MB. */
const GOPS_HELD = 2;

interface Decoded {
  readonly gop: number;
  readonly frames: Map<number, VideoFrame>;
  complete: boolean;
}

const post = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

class Decoder {
  readonly index: FrameIndex;
  readonly #config: VideoDecoderConfig;
  /** Oldest first; reading moves to the end. */
  readonly #decoded = new Map<number, Decoded>();
  readonly #gops: Gops;
  #held = 0;
  #peak = 0;
  #wanted: { request: number; frame: number; late: boolean } | null = null;
  #ahead: number | null = null;
  #busy = false;

  constructor(readonly open: Extract<ToWorker, { kind: "open" }>) {
    this.index = new FrameIndex(open.index);
    this.#gops = new Gops(open.index, open.gopUrl);
    const wire = open.index;
    this.#config = {
      codec: wire.codec,
      codedWidth: wire.coded_width,
      codedHeight: wire.coded_height,
      description: Uint8Array.from(atob(wire.description), (c) => c.charCodeAt(0)),
      // Hardware decoders stall when their few output surfaces are held, and we hold whole GOPs.
      hardwareAcceleration: "prefer-software",
    };
  }

  want(request: number, frame: number): void {
    if (this.#wanted) post({ kind: "overtaken", request: this.#wanted.request });
    this.#wanted = { request, frame, late: false };
    this.#answer();
    if (this.#wanted) this.#wanted.late = true;
    void this.#work();
  }

  prefetch(frame: number): void {
    this.#ahead = this.index.gopOf(Math.min(frame, this.open.last));
    void this.#work();
  }

  /** Sends the wanted picture if it is decoded. */
  #answer(): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    const gop = this.#decoded.get(this.index.gopOf(wanted.frame));
    const picture = gop?.frames.get(wanted.frame);
    if (!gop || !picture) return;
    this.#wanted = null;
    this.#decoded.delete(gop.gop);
    this.#decoded.set(gop.gop, gop);
    const image = picture.clone();
    post({ kind: "picture", ...wanted, image }, [image]);
  }

  /** One GOP at a time: what is wanted now goes before what may be wanted soon. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let gop = this.#next(); gop !== null; gop = this.#next()) await this.#load(gop);
    } finally {
      this.#busy = false;
    }
  }

  #next(): number | null {
    if (this.#wanted) return this.index.gopOf(this.#wanted.frame);
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead !== null && !this.#decoded.has(ahead) ? ahead : null;
  }

  async #load(gop: number): Promise<void> {
    const forRequest = this.#wanted;
    try {
      const bytes = await this.#gops.get(gop);
      // While it was on its way something else may have become more urgent.
      if (forRequest && this.#wanted && this.index.gopOf(this.#wanted.frame) !== gop) return;
      await this.#decode(gop, bytes);
      this.#answer();
    } catch (error) {
      this.#gops.drop(gop);
      this.#forget(gop);
      const wanted = this.#wanted;
      if (wanted && this.index.gopOf(wanted.frame) === gop) {
        this.#wanted = null;
        const code = error instanceof FrameFailed ? error.code : "decode";
        post({ kind: "failed", request: wanted.request, message: String((error as Error).message), code });
      }
    }
  }

  async #decode(gop: number, bytes: ArrayBuffer): Promise<void> {
    const [first, last, start] = this.index.wire.gops[gop]!;
    const entry = this.#decoded.get(gop) ?? this.#begin(gop);
    if (entry.complete) return;
    this.#evict(gop);
    this.#tell(true);
    const decoder = new VideoDecoder({
      output: (picture) => {
        entry.frames.set(picture.timestamp, picture);
        this.#held += 1;
        this.#peak = Math.max(this.#peak, this.#held);
        this.#answer();
      },
      error: () => undefined, // flush() rejects with it
    });
    decoder.configure(this.#config);
    for (let frame = first; frame <= last; frame++) {
      const [offset, size] = this.index.wire.samples[frame]!;
      decoder.decode(
        new EncodedVideoChunk({
          type: frame === first ? "key" : "delta",
          timestamp: frame,
          data: new Uint8Array(bytes, offset - start, size),
        }),
      );
    }
    await decoder.flush();
    decoder.close();
    if (entry.frames.size !== last - first + 1) {
      throw new Error(`The decoder gave ${entry.frames.size} of ${last - first + 1} frames from ${first} on.`);
    }
    entry.complete = true;
    this.#tell(false);
  }

  #begin(gop: number): Decoded {
    const entry: Decoded = { gop, frames: new Map(), complete: false };
    this.#decoded.set(gop, entry);
    return entry;
  }

  #evict(keep: number): void {
    for (const old of [...this.#decoded.keys()]) {
      if (this.#decoded.size <= GOPS_HELD) return;
      if (old !== keep) this.#forget(old);
    }
  }

  #forget(gop: number): void {
    const frames = this.#decoded.get(gop)?.frames;
    this.#held -= frames?.size ?? 0;
    for (const picture of frames?.values() ?? []) picture.close();
    this.#decoded.delete(gop);
  }

  #tell(decoding: boolean): void {
    const ranges = [...this.#decoded.values()]
      .filter((entry) => entry.complete)
      .map(({ gop }) => this.index.wire.gops[gop]!)
      .map(([first, last]): [number, number] => [first, last])
      .sort((a, b) => a[0] - b[0]);
    post({ kind: "ready", ranges, held: this.#held, peak: this.#peak, decoding });
  }
}

let decoder: Decoder | null = null;
self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.kind === "open") decoder = new Decoder(message);
  else if (message.kind === "want") decoder?.want(message.request, message.frame);
  else decoder?.prefetch(message.frame);
});
