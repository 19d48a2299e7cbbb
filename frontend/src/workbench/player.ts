// Which frame is on screen. Seeking asks for one picture; playing follows the clip's own times and
// waits, rather than skip, when a picture is late.

import type { FrameIndex } from "../frames/index.ts";
import { FrameFailed, type FrameSource, type Picture } from "../frames/source.ts";

export interface PlayerEvents {
  /** The picture of `frame` is here; the receiver closes it. */
  onPicture(picture: Picture): void;
  /** The frame that is wanted changed; the picture may follow later. */
  onFrame(frame: number): void;
  onPlaying(playing: boolean): void;
  /** Waiting for the network or decoder for longer than one notices. */
  onWaiting(waiting: boolean): void;
  onFailure(error: FrameFailed): void;
  /** Playing had to wait for a picture; `stalls` so far. */
  onStall(stalls: number): void;
}

const SPEEDS = [0.25, 0.5, 1, 2, 4];
/** Below this a wait is not worth a sign. */
const PATIENCE_MS = 250;

export class Player {
  frame: number;
  playing = false;
  speed = 1;
  stalls = 0;
  #shown = -1;
  #patience = 0;
  /** Clip seconds and clock milliseconds that belong together while playing. */
  #anchor = { clip: 0, clock: 0 };
  #asked = -1;

  constructor(
    readonly index: FrameIndex,
    readonly source: FrameSource,
    readonly first: number,
    readonly last: number,
    readonly events: PlayerEvents,
  ) {
    this.frame = first;
  }

  /** Goes to a frame of the task; beyond its ends, to the end. */
  seek(frame: number): void {
    const target = Math.min(this.last, Math.max(this.first, Math.round(frame)));
    this.frame = target;
    if (this.playing) this.#anchorHere();
    this.events.onFrame(target);
    void this.#ask(target);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  play(): void {
    if (this.playing) return;
    if (this.frame >= this.last) this.seek(this.first);
    this.playing = true;
    this.events.onPlaying(true);
    this.#anchorHere();
    requestAnimationFrame(() => this.#tick());
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.events.onPlaying(false);
  }

  nextSpeed(): number {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length]!;
    this.#anchorHere();
    return this.speed;
  }

  /** Asks again for the frame that could not be had. */
  retry(): void {
    this.#asked = -1;
    void this.#ask(this.frame);
  }

  #anchorHere(): void {
    this.#anchor = { clip: this.index.seconds(this.frame), clock: performance.now() };
  }

  #tick(): void {
    if (!this.playing) return;
    if (this.#shown !== this.frame) {
      // Late: hold the clock until the picture is here.
      this.#anchorHere();
    } else {
      const passed = ((performance.now() - this.#anchor.clock) / 1000) * this.speed;
      const due = this.index.frameAt(this.#anchor.clip + passed);
      if (due > this.frame) {
        const next = Math.min(due, this.last);
        this.frame = next;
        this.events.onFrame(next);
        void this.#ask(next);
      }
      if (this.frame >= this.last) this.pause();
    }
    requestAnimationFrame(() => this.#tick());
  }

  async #ask(frame: number): Promise<void> {
    if (this.#asked === frame && this.#shown === frame) return;
    this.#asked = frame;
    this.#wait();
    try {
      const picture = await this.source.picture(frame);
      if (!picture) return;
      this.#arrived(picture);
    } catch (error) {
      if (this.#asked !== frame) return;
      this.#stopWaiting();
      this.pause();
      this.events.onFailure(error instanceof FrameFailed ? error : new FrameFailed("decode", String(error)));
    }
  }

  #arrived(picture: Picture): void {
    if (picture.frame !== this.frame) {
      picture.close();
      return;
    }
    this.#stopWaiting();
    this.#shown = picture.frame;
    if (this.playing && picture.late) this.events.onStall(++this.stalls);
    this.events.onPicture(picture);
    const gop = this.index.wire.gops[this.index.gopOf(picture.frame)]!;
    // Half-way through a GOP the next one is fetched: early enough to play on, late enough that
    // looking at one frame does not leave receipts for frames that nobody looked at.
    const half = picture.frame >= (gop[0] + gop[1]) / 2;
    if ((this.playing || half) && gop[1] + 1 <= this.last) this.source.prefetch(gop[1] + 1);
  }

  #wait(): void {
    if (this.#patience) return;
    this.#patience = window.setTimeout(() => this.events.onWaiting(true), PATIENCE_MS);
  }

  #stopWaiting(): void {
    clearTimeout(this.#patience);
    this.#patience = 0;
    this.events.onWaiting(false);
  }
}
