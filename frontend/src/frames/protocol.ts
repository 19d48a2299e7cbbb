// Messages between the page and the decoding worker.

import type { FrameIndexWire } from "./index.ts";
import type { Ready } from "./source.ts";

export type ToWorker =
  | { kind: "open"; index: FrameIndexWire; gopUrl: string; first: number; last: number }
  | { kind: "want"; request: number; frame: number }
  | { kind: "prefetch"; frame: number };

export type FromWorker =
  | { kind: "picture"; request: number; frame: number; image: VideoFrame; late: boolean }
  | { kind: "overtaken"; request: number }
  | { kind: "failed"; request: number; message: string; code: string }
  | ({ kind: "ready" } & Ready);
