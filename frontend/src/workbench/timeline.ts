// Events and tracks over time: a lane each, events first; tracks with its keyframes, spans, occluded stretches and gaps. Lanes and
// ruler are canvases; the names at the left are buttons.

import { moveEnd } from "../labels/spans.ts";
import type { Keyframe, Span, Track } from "../labels/wire.ts";
import { OCCLUDED, OUTSIDE } from "../labels/wire.ts";
import { count, el, plural } from "./dom.ts";
import type { Session } from "./session.ts";

const LANE = 26;
/** Pixels round an event's end where it can be taken. */
const GRAB = 6;

type Drag = { from: number; to: number } | { span: Span; side: "start" | "end" };
const STEPS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

export interface TimelineEvents {
  onSeek(frame: number): void;
  /** An event was drawn on the ruler, with Shift held. */
  onDrawn(from: number, to: number): void;
  /** An end of an event was dragged. */
  onEnd(span: Span, side: "start" | "end"): void;
}

export class Timeline {
  readonly #names: HTMLElement;
  readonly #ruler: HTMLCanvasElement;
  readonly #lanes: HTMLCanvasElement;
  readonly #lanesBox: HTMLElement;
  readonly #needle: HTMLElement;
  readonly #stage: HTMLElement;
  #from: number;
  #to: number;
  #ready: [number, number][] = [];
  #scheduled = false;
  #spans: Span[] = [];
  #tracks: Track[] = [];
  #drag: Drag | null = null;
  #namesKey = "";
  #frame: number;

  constructor(readonly host: HTMLElement, readonly session: Session, rate: string, readonly events: TimelineEvents) {
    this.#from = session.first;
    this.#to = session.last;
    this.#frame = session.first;
    this.#names = el("div", { class: "tl__names" });
    this.#ruler = el("canvas", { class: "tl__ruler-c" });
    this.#lanes = el("canvas");
    this.#lanesBox = el("div", { class: "tl__lanes" }, this.#lanes);
    this.#needle = el("div", { class: "tl__needle" });
    const ruler = el("div", { class: "tl__ruler", tabindex: "0", role: "slider", "aria-label": "Frame", "aria-valuemin": String(session.first), "aria-valuemax": String(session.last), "aria-valuenow": String(session.first) }, this.#ruler);
    this.#stage = el("div", { class: "tl__stage" }, ruler, this.#lanesBox, this.#needle);
    this.#names.append(el("span", { class: "tl__lab tl__lab--ruler muted" }, rate));
    host.append(this.#names, this.#stage);
    for (const area of [ruler, this.#lanesBox]) this.#listen(area);
    session.onChange(() => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(this.#stage);
  }

  /** All of the task. */
  fit(): void {
    this.#from = this.session.first;
    this.#to = this.session.last;
    this.redraw();
  }

  setReady(ranges: [number, number][]): void {
    this.#ready = ranges;
    this.redraw();
  }

  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  /** Points at the frame that is wanted; its picture may follow later. */
  moveNeedle(frame = this.#frame): void {
    this.#frame = frame;
    const { last } = this.session;
    if (frame < this.#from || frame > this.#to) {
      const span = this.#to - this.#from;
      this.#from = Math.max(this.session.first, Math.min(frame - Math.round(span / 10), last - span));
      this.#to = this.#from + span;
      this.redraw();
    }
    this.#needle.style.transform = `translateX(${this.#x(frame)}px)`;
    const ruler = this.#ruler.parentElement!;
    ruler.setAttribute("aria-valuenow", String(frame));
    ruler.setAttribute("aria-valuetext", `frame ${count(frame)}`);
  }

  get #width(): number {
    return this.#stage.clientWidth;
  }

  #x(frame: number): number {
    return ((frame - this.#from + 0.5) / (this.#to - this.#from + 1)) * this.#width;
  }

  #frameAt(x: number): number {
    const frame = Math.floor((x / this.#width) * (this.#to - this.#from + 1)) + this.#from;
    return Math.min(this.session.last, Math.max(this.session.first, frame));
  }

  #listen(area: HTMLElement): void {
    const seek = (event: PointerEvent): void => {
      this.events.onSeek(this.#frameAt(event.clientX - this.#stage.getBoundingClientRect().left));
    };
    area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      area.setPointerCapture(event.pointerId);
      const x = event.clientX - this.#stage.getBoundingClientRect().left;
      const lane = Math.floor((event.clientY - this.#lanesBox.getBoundingClientRect().top) / LANE);
      const span = area === this.#lanesBox ? this.#spans[lane] : undefined;
      const track = area === this.#lanesBox ? this.#tracks[lane - this.#spans.length] : undefined;
      if (span) this.session.selectEvent(span.id);
      if (track) this.session.select(track.id);
      if (!this.session.readOnly) this.#drag = this.#grab(event, span, x);
      seek(event);
    });
    area.addEventListener("pointerup", () => this.#drop());
    area.addEventListener("pointercancel", () => {
      this.#drag = null;
      this.redraw();
    });
    area.addEventListener("pointermove", (event) => {
      if (!area.hasPointerCapture(event.pointerId)) return;
      const frame = this.#frameAt(event.clientX - this.#stage.getBoundingClientRect().left);
      if (this.#drag && "span" in this.#drag) this.#drag = { ...this.#drag, span: moveEnd(this.#drag.span, this.#drag.side, frame) };
      else if (this.#drag) this.#drag = { ...this.#drag, to: frame };
      seek(event);
      if (this.#drag) this.redraw();
    });
    area.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && Math.abs(event.deltaX) < Math.abs(event.deltaY) && area === this.#lanesBox) return;
      event.preventDefault();
      this.zoom(Math.exp((event.deltaY || event.deltaX) * 0.002), event.clientX - this.#stage.getBoundingClientRect().left);
    }, { passive: false });
  }

  /** What a press takes hold of: an end of an event, or a new event on the ruler with Shift. */
  #grab(event: PointerEvent, span: Span | undefined, x: number): Drag | null {
    const frame = this.#frameAt(x);
    if (!span) return event.shiftKey ? { from: frame, to: frame } : null;
    const { left, right } = this.#ends(span);
    const nearest = Math.abs(x - left) < Math.abs(x - right) ? "start" : "end";
    const away = Math.abs(x - (nearest === "start" ? left : right));
    return away <= GRAB ? { span, side: nearest } : null;
  }

  #drop(): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    if ("from" in drag) this.events.onDrawn(drag.from, drag.to);
    else {
      const kept = this.session.document.span(drag.span.id);
      if (kept && kept[drag.side] !== drag.span[drag.side]) this.events.onEnd(drag.span, drag.side);
    }
    this.redraw();
  }

  /** Both frames belong to an event: from the left edge of the first to the right edge of the last. */
  #ends(span: Span): { left: number; right: number } {
    const half = this.#width / (this.#to - this.#from + 1) / 2;
    return { left: this.#x(span.start) - half, right: this.#x(span.end) + half };
  }

  /** Widens (factor > 1) or narrows the stretch that is shown, around a place. */
  zoom(factor: number, x = this.#x(this.#frame)): void {
    const { first, last } = this.session;
    const held = this.#frameAt(x);
    const span = Math.min(last - first, Math.max(20, (this.#to - this.#from) * factor));
    const share = (held - this.#from) / Math.max(1, this.#to - this.#from);
    this.#from = Math.round(Math.min(last - span, Math.max(first, held - span * share)));
    this.#to = Math.min(last, Math.round(this.#from + span));
    this.redraw();
  }

  #draw(): void {
    this.#spans = this.session.document.spans;
    this.#tracks = [...this.session.document.tracks].sort((a, b) => this.session.document.number(a.id) - this.session.document.number(b.id));
    this.#drawNames();
    const style = getComputedStyle(this.host);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    this.#drawRuler(colour);
    this.#drawLanes(colour);
    this.moveNeedle();
  }

  #drawNames(): void {
    const { session } = this;
    const key = this.#spans.map((span) => `${span.id}${span.event}${span.end - span.start}${span.id === session.event}`).join() + this.#tracks.map((track) => `${track.id}${track.label}${track.keyframes.length}${track.id === session.selected}`).join();
    if (key === this.#namesKey) return;
    this.#namesKey = key;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["track"] : undefined;
    this.#names.replaceChildren(this.#names.firstElementChild!, ...this.#spans.map((span) => this.#spanName(span)), ...this.#tracks.map((track) => {
      const gaps = track.keyframes.slice(0, -1).filter((keyframe) => keyframe[1] & OUTSIDE).length;
      const meta = plural(track.keyframes.length, "key") + (gaps ? `, ${plural(gaps, "gap")}` : "");
      const button = el("button", { type: "button", class: "tl__lab", "aria-pressed": String(track.id === session.selected), "data-track": track.id },
        el("span", { class: `sw ${session.colourOf(track)}` }),
        el("b", {}, String(session.document.number(track.id))),
        el("span", { class: "obj__n" }, (session.labelOf(track)?.name ?? track.label).toLowerCase()),
        el("span", { class: "tl__meta" }, meta));
      button.addEventListener("click", () => session.select(track.id));
      if (track.id === focused) queueMicrotask(() => button.focus());
      return button;
    }));
  }

  #spanName(span: Span): HTMLElement {
    const { session } = this;
    const button = el("button", { type: "button", class: "tl__lab", "aria-pressed": String(span.id === session.event), "data-track": span.id },
      el("span", { class: "muted" }, "event"),
      el("b", {}, String(session.document.number(span.id))),
      el("span", { class: "obj__n" }, (session.kindOf(span)?.name ?? span.event).toLowerCase()),
      el("span", { class: "tl__meta" }, plural(span.end - span.start + 1, "frame")));
    button.addEventListener("click", () => session.selectEvent(span.id));
    if (span.id === document.activeElement?.getAttribute("data-track")) queueMicrotask(() => button.focus());
    return button;
  }

  #size(canvas: HTMLCanvasElement, height: number): CanvasRenderingContext2D {
    const ratio = devicePixelRatio;
    const width = Math.max(1, Math.round(this.#width * ratio));
    const tall = Math.max(1, Math.round(height * ratio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== tall) canvas.height = tall;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, height);
    return context;
  }

  #drawRuler(colour: (name: string) => string): void {
    const context = this.#size(this.#ruler, LANE);
    const perFrame = this.#width / (this.#to - this.#from + 1);
    const step = STEPS.find((frames) => frames * perFrame >= 64) ?? STEPS.at(-1)!;
    context.font = "11px Inter, system-ui, sans-serif";
    context.fillStyle = colour("ink-3");
    context.strokeStyle = colour("line-2");
    context.textBaseline = "middle";
    const minor = Math.max(1, Math.round(step / 5));
    for (let frame = Math.ceil(this.#from / minor) * minor; frame <= this.#to; frame += minor) {
      const x = Math.round(this.#x(frame)) + 0.5;
      const major = frame % step === 0;
      context.beginPath();
      context.moveTo(x, major ? 8 : 15);
      context.lineTo(x, LANE);
      context.stroke();
      if (major) context.fillText(count(frame), x + 4, 11);
    }
    context.fillStyle = colour("ok-fill");
    for (const [first, last] of this.#ready) {
      const left = this.#x(Math.max(first, this.#from)) - perFrame / 2;
      const right = this.#x(Math.min(last, this.#to)) + perFrame / 2;
      if (right > left) context.fillRect(left, LANE - 3, right - left, 3);
    }
  }

  #drawLanes(colour: (name: string) => string): void {
    const height = Math.max(1, this.#spans.length + this.#tracks.length) * LANE;
    this.#lanesBox.style.height = `${height}px`;
    const context = this.#size(this.#lanes, height);
    this.#spans.forEach((span, row) => this.#drawEvent(context, span, row * LANE, colour));
    this.#drawNew(context, height, colour);
    this.#tracks.forEach((track, row) => {
      const top = (row + this.#spans.length) * LANE;
      const selected = track.id === this.session.selected;
      if (selected) {
        context.fillStyle = colour("accent-soft");
        context.fillRect(0, top, this.#width, LANE);
      }
      context.fillStyle = colour("line");
      context.fillRect(0, top + LANE - 1, this.#width, 1);
      this.#drawLane(context, track, top, selected, colour);
    });
  }

  #drawEvent(context: CanvasRenderingContext2D, kept: Span, top: number, colour: (name: string) => string): void {
    const dragged = this.#drag && "span" in this.#drag && this.#drag.span.id === kept.id;
    const span = dragged ? (this.#drag as { span: Span }).span : kept;
    const chosen = span.id === this.session.event;
    if (chosen) {
      context.fillStyle = colour("accent-soft");
      context.fillRect(0, top, this.#width, LANE);
    }
    context.fillStyle = colour("line");
    context.fillRect(0, top + LANE - 1, this.#width, 1);
    const { left, right } = this.#ends(span);
    context.fillStyle = colour("ink-3");
    context.fillRect(left, top + 7, Math.max(2, right - left), LANE - 15);
    context.fillStyle = colour(chosen ? "accent" : "ink");
    for (const x of [left, right]) context.fillRect(x - 1, top + 4, 2, LANE - 9);
  }

  /** The stretch that is being drawn on the ruler. */
  #drawNew(context: CanvasRenderingContext2D, height: number, colour: (name: string) => string): void {
    if (!this.#drag || !("from" in this.#drag)) return;
    const [start, end] = [this.#drag.from, this.#drag.to].sort((a, b) => a - b) as [number, number];
    context.fillStyle = colour("accent-soft");
    context.fillRect(this.#x(start), 0, this.#x(end) - this.#x(start), height);
  }

  #drawLane(context: CanvasRenderingContext2D, track: Track, top: number, selected: boolean, colour: (name: string) => string): void {
    const own = colour(this.session.colourOf(track));
    const middle = top + LANE / 2 - 0.5;
    track.keyframes.forEach((keyframe, i) => {
      const left = this.#x(keyframe[0]);
      const right = this.#x(track.keyframes[i + 1]?.[0] ?? this.session.last);
      if (right < 0 || left > this.#width) return;
      const next = track.keyframes[i + 1];
      // An outline that holds until one of other points is no motion: a thinner bar.
      const thick = next && track.kind === "polygon" && next[2].length !== keyframe[2].length ? 4 : 9;
      this.#drawSpan(context, keyframe, left, right, middle, own, selected, colour, !next, thick);
    });
    for (const keyframe of track.keyframes) {
      const x = this.#x(keyframe[0]);
      if (x < -6 || x > this.#width + 6) continue;
      const current = keyframe[0] === this.session.frame;
      diamond(context, x, middle, 6);
      context.fillStyle = own;
      context.fill();
      context.lineWidth = current ? 1.75 : 1.25;
      context.strokeStyle = current ? colour("ink") : colour("surface");
      context.stroke();
    }
  }

  #drawSpan(context: CanvasRenderingContext2D, keyframe: Keyframe, left: number, right: number, middle: number, own: string, selected: boolean, colour: (name: string) => string, last: boolean, thick: number): void {
    const from = Math.max(-2, left);
    const width = Math.min(this.#width + 2, right) - from;
    if (keyframe[1] & OUTSIDE) {
      if (last) return;
      context.setLineDash([3, 2]);
      context.lineWidth = 1;
      context.strokeStyle = colour("control");
      context.strokeRect(from + 0.5, middle - 4, width - 1, 8);
      context.setLineDash([]);
      return;
    }
    context.globalAlpha = selected ? 0.8 : 0.5;
    context.fillStyle = own;
    context.fillRect(from, middle - thick / 2, width, thick);
    context.globalAlpha = 1;
    if (!(keyframe[1] & OCCLUDED)) return;
    context.save();
    context.beginPath();
    context.rect(from, middle - 4.5, width, 9);
    context.clip();
    context.strokeStyle = colour("surface");
    context.lineWidth = 2;
    context.beginPath();
    for (let x = from - 10 - (from % 6); x < from + width; x += 6) {
      context.moveTo(x, middle + 5);
      context.lineTo(x + 10, middle - 5);
    }
    context.stroke();
    context.restore();
  }
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
}
