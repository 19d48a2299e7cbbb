// The server's frame index of a mezzanine: frame -> time, bytes, group of pictures (GOP).
// See core/media/index.py for the fields.

export interface FrameIndexWire {
  codec: string;
  /** avcC, base64. */
  description: string;
  width: number;
  height: number;
  coded_width: number;
  coded_height: number;
  time_base: [number, number];
  /** Presentation times in ticks of time_base, one a frame, in presentation order. */
  pts: number[];
  /** When the mezzanine shows each frame, in 1/ticks_per_second from the first. */
  ticks: number[];
  ticks_per_second: number;
  /** [first frame, last frame, first byte, byte after the last] of each GOP. */
  gops: [number, number, number, number][];
  /** [offset in the file, size] of each frame; decode order is presentation order (no B-frames). */
  samples: [number, number][];
}

export class FrameIndex {
  readonly wire: FrameIndexWire;
  readonly #seconds: Float64Array;

  constructor(wire: FrameIndexWire) {
    this.wire = wire;
    const [numerator, denominator] = wire.time_base;
    this.#seconds = Float64Array.from(wire.pts, (pts) => ((pts - wire.pts[0]!) * numerator) / denominator);
  }

  get frames(): number {
    return this.wire.pts.length;
  }

  get width(): number {
    return this.wire.width;
  }

  get height(): number {
    return this.wire.height;
  }

  /** Seconds from the clip's first frame. */
  seconds(frame: number): number {
    return this.#seconds[frame] ?? 0;
  }

  /** The frame on screen at `seconds` from the clip's start. */
  frameAt(seconds: number): number {
    let low = 0;
    let high = this.frames;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#seconds[middle]! <= seconds) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  gopOf(frame: number): number {
    const gops = this.wire.gops;
    let low = 0;
    let high = gops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (gops[middle]![0] <= frame) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** "25 fps", or "about 25 fps, VFR" where frames are not evenly spaced. */
  rate(): string {
    if (this.frames < 2) return "one frame";
    const span = this.#seconds[this.frames - 1]!;
    const mean = span / (this.frames - 1);
    let even = true;
    for (let i = 1; i < this.frames; i++) {
      // Clocks of 90 kHz and 1/1000 s round; half a millisecond is not a different rate.
      if (Math.abs(this.#seconds[i]! - this.#seconds[i - 1]! - mean) > 0.0015) even = false;
    }
    const fps = Math.round(100 / mean) / 100;
    return even ? `${fps} fps` : `about ${Math.round(fps)} fps, VFR`;
  }
}
