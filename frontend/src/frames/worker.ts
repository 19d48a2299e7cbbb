// Decodes whole GOPs and keeps the newest of them. One GOP is one fetch, and one receipt in the log.
//
// A frame's number is its timestamp through the decoder, so a picture can't be taken for another.

import { FrameIndex } from "./index.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** Decoded pictures kept, in bytes (I420, 1.5 bytes a pixel): five GOPs of 25 at 1080p. */
const DECODED_BYTES = 400e6;
/** Encoded GOPs kept, so that going back asks the server, and the log, only once. */
const ENCODED_BYTES = 96e6;

interface Decoded {
  readonly gop: number;
  readonly frames: Map<number, VideoFrame>;
  complete: boolean;
}

class FetchFailed extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const post = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

class Decoder {
  readonly index: FrameIndex;
  readonly #config: VideoDecoderConfig;
  /** Oldest first; reading moves to the end. */
  readonly #decoded = new Map<number, Decoded>();
  readonly #encoded = new Map<number, Promise<ArrayBuffer>>();
  readonly #encodedSizes = new Map<number, number>();
  readonly #limit: number;
  #wanted: { request: number; frame: number } | null = null;
  #ahead: number | null = null;
  #busy = false;

  constructor(readonly open: Extract<ToWorker, { kind: "open" }>) {
    this.index = new FrameIndex(open.index);
    const wire = open.index;
    this.#config = {
      codec: wire.codec,
      codedWidth: wire.coded_width,
      codedHeight: wire.coded_height,
      description: Uint8Array.from(atob(wire.description), (c) => c.charCodeAt(0)),
      // Hardware decoders stall when their few output surfaces are held, and we hold whole GOPs.
      hardwareAcceleration: "prefer-software",
    };
    const longest = Math.max(...wire.gops.map(([first, last]) => last - first + 1));
    const gopBytes = wire.coded_width * wire.coded_height * 1.5 * longest;
    this.#limit = Math.max(2, Math.floor(DECODED_BYTES / gopBytes));
  }

  want(request: number, frame: number): void {
    if (this.#wanted) post({ kind: "overtaken", request: this.#wanted.request });
    this.#wanted = { request, frame };
    this.#answer();
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
      const bytes = await this.#fetch(gop);
      // While it was on its way something else may have become more urgent.
      if (forRequest && this.#wanted && this.index.gopOf(this.#wanted.frame) !== gop) return;
      await this.#decode(gop, bytes);
      this.#answer();
    } catch (error) {
      this.#encoded.delete(gop);
      this.#forget(gop);
      const wanted = this.#wanted;
      if (wanted && this.index.gopOf(wanted.frame) === gop) {
        this.#wanted = null;
        const code = error instanceof FetchFailed ? error.code : "decode";
        post({ kind: "failed", request: wanted.request, message: String((error as Error).message), code });
      }
    }
  }

  #fetch(gop: number): Promise<ArrayBuffer> {
    let bytes = this.#encoded.get(gop);
    this.#encoded.delete(gop);
    bytes ??= fetchGop(this.open.gopUrl.replace("{n}", String(gop)), this.#length(gop));
    this.#encoded.set(gop, bytes);
    this.#encodedSizes.set(gop, this.#length(gop));
    let kept = 0;
    for (const size of this.#encodedSizes.values()) kept += size;
    for (const old of [...this.#encoded.keys()]) {
      if (kept <= ENCODED_BYTES || old === gop) break;
      kept -= this.#encodedSizes.get(old) ?? 0;
      this.#encoded.delete(old);
      this.#encodedSizes.delete(old);
    }
    return bytes;
  }

  #length(gop: number): number {
    const [, , start, end] = this.index.wire.gops[gop]!;
    return end - start;
  }

  async #decode(gop: number, bytes: ArrayBuffer): Promise<void> {
    const [first, last, start] = this.index.wire.gops[gop]!;
    const entry = this.#decoded.get(gop) ?? this.#begin(gop);
    if (entry.complete) return;
    this.#evict(gop);
    const decoder = new VideoDecoder({
      output: (picture) => {
        entry.frames.set(picture.timestamp, picture);
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
    this.#tell();
  }

  #begin(gop: number): Decoded {
    const entry: Decoded = { gop, frames: new Map(), complete: false };
    this.#decoded.set(gop, entry);
    return entry;
  }

  #evict(keep: number): void {
    for (const old of [...this.#decoded.keys()]) {
      if (this.#decoded.size <= this.#limit) return;
      if (old !== keep) this.#forget(old);
    }
  }

  #forget(gop: number): void {
    for (const picture of this.#decoded.get(gop)?.frames.values() ?? []) picture.close();
    this.#decoded.delete(gop);
  }

  #tell(): void {
    const ranges = [...this.#decoded.values()]
      .filter((entry) => entry.complete)
      .map(({ gop }) => this.index.wire.gops[gop]!)
      .map(([first, last]): [number, number] => [first, last])
      .sort((a, b) => a[0] - b[0]);
    post({ kind: "ready", ranges });
  }
}

async function fetchGop(url: string, length: number): Promise<ArrayBuffer> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin" });
  } catch {
    throw new FetchFailed("offline", "The server can’t be reached.");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({})) as { code?: string; detail?: string };
    throw new FetchFailed(problem.code ?? String(response.status), problem.detail ?? `The server answered ${response.status}.`);
  }
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength !== length) {
    throw new FetchFailed("offline", `The server sent ${bytes.byteLength} of ${length} bytes.`);
  }
  return bytes;
}

let decoder: Decoder | null = null;
self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.kind === "open") decoder = new Decoder(message);
  else if (message.kind === "want") decoder?.want(message.request, message.frame);
  else decoder?.prefetch(message.frame);
});
