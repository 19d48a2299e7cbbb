// Encoded GOPs: one fetch each, and one receipt in the log, however often they are looked at.

import type { FrameIndexWire } from "./index.ts";
import { FrameFailed } from "./source.ts";

/** Encoded GOPs kept, so that going back asks the server, and the log, only once. */
const ENCODED_BYTES = 96e6;

export class Gops {
  /** Oldest use first. */
  readonly #kept = new Map<number, Promise<ArrayBuffer>>();

  /** `url` contains {n}, the GOP's number. */
  constructor(readonly index: FrameIndexWire, readonly url: string) {}

  get(gop: number): Promise<ArrayBuffer> {
    const bytes = this.#kept.get(gop) ?? fetchBytes(this.url.replace("{n}", String(gop)), this.#length(gop));
    this.#kept.delete(gop);
    this.#kept.set(gop, bytes);
    let kept = 0;
    for (const other of this.#kept.keys()) kept += this.#length(other);
    for (const old of [...this.#kept.keys()]) {
      if (kept <= ENCODED_BYTES || old === gop) break;
      kept -= this.#length(old);
      this.#kept.delete(old);
    }
    return bytes;
  }

  /** What could not be had or decoded is fetched again. */
  drop(gop: number): void {
    this.#kept.delete(gop);
  }

  #length(gop: number): number {
    const [, , start, end] = this.index.gops[gop]!;
    return end - start;
  }
}

/** Raises FrameFailed; a piece that is shorter than it should be counts as failed too. */
export async function fetchBytes(url: string, length: number | null): Promise<ArrayBuffer> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin" });
  } catch {
    throw new FrameFailed("offline", "The server can’t be reached.");
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    throw new FrameFailed(problem.code ?? String(response.status), problem.detail ?? `The server answered ${response.status}.`);
  }
  const bytes = await response.arrayBuffer();
  if (length !== null && bytes.byteLength !== length) throw new FrameFailed("offline", `The server sent ${bytes.byteLength} of ${length} bytes.`);
  return bytes;
}
