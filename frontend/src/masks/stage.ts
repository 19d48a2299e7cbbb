// The picture with its masks, under the pointer: choose, draw, move, resize, zoom.

import type { Box } from "../labels/edits.ts";
import type { Picture } from "../frames/source.ts";
import { clipped, contains, area, drag, gripAt, gripPoint, GRIPS, THINNEST, upright, within, type Grip } from "../workbench/geometry.ts";
import { View, type Point } from "../workbench/view.ts";
import { boxAt, type Sheet } from "./sheet.ts";
import type { MaskTrack, Reason } from "./wire.ts";

export interface StageEvents {
  onChoose(id: string | null): void;
  onDrawn(box: Box): void;
  onMoved(id: string, box: Box): void;
}

const REACH = 8; // CSS pixels around a grip
export const LINES = { engine: "#5ad1ff", changed: "#ffc14d", drawn: "#ff8ad1", dropped: "#98a4aa" };

interface Drag {
  readonly grip: Grip | "new";
  readonly from: Point;
  readonly box: Box;
  now: Box;
}

/** The outline of a mask as it will be covered: plates are boxes, so is what the border cuts. */
export function outline(context: CanvasRenderingContext2D, track: MaskTrack, box: Box, width: number, height: number): void {
  const [x1, y1, x2, y2] = box;
  const cut = x1 < 0 || y1 < 0 || x2 > width || y2 > height;
  context.beginPath();
  if (cut || track.subject === "plates") context.rect(x1, y1, x2 - x1, y2 - y1);
  else context.ellipse((x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) / 2, (y2 - y1) / 2, 0, 0, 2 * Math.PI);
}

export class Stage {
  readonly view: View;
  drawing = false;
  editable = false;
  frame = 0;
  chosen: string | null = null;
  reasons: readonly Reason[] = [];
  #picture: Picture | null = null;
  #drag: Drag | null = null;

  constructor(
    readonly host: HTMLElement,
    readonly canvas: HTMLCanvasElement,
    readonly sheet: Sheet,
    readonly size: { width: number; height: number },
    readonly events: StageEvents,
  ) {
    this.view = new View(size.width, size.height);
    new ResizeObserver(() => {
      this.view.resize(host.clientWidth, host.clientHeight);
      this.draw();
    }).observe(host);
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", () => this.#up());
    canvas.addEventListener("pointercancel", () => { this.#drag = null; this.draw(); });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.view.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, { x: event.offsetX, y: event.offsetY });
      this.draw();
    }, { passive: false });
  }

  show(picture: Picture): void {
    this.#picture?.close();
    this.#picture = picture;
    this.draw();
  }

  arm(on: boolean): void {
    this.drawing = on && this.editable;
    this.host.dataset["tool"] = this.drawing ? "box" : "select";
  }

  draw(): void {
    const ratio = devicePixelRatio;
    const [wide, high] = [Math.round(this.host.clientWidth * ratio), Math.round(this.host.clientHeight * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) [this.canvas.width, this.canvas.height] = [wide, high];
    const context = this.canvas.getContext("2d")!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, wide, high);
    this.view.apply(context, ratio);
    if (this.#picture) context.drawImage(this.#picture.image, 0, 0, this.#picture.width, this.#picture.height);
    const thin = 1 / this.view.scale;
    for (const track of this.sheet.all()) this.#mask(context, track, thin);
    context.strokeStyle = "#ff6b5e";
    context.setLineDash([6 * thin, 4 * thin]);
    context.lineWidth = 2 * thin;
    for (const { box } of this.reasons) if (box) context.strokeRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
    context.setLineDash([]);
    if (this.#drag?.grip === "new") {
      const [x1, y1, x2, y2] = this.#drag.now;
      context.strokeStyle = LINES.drawn;
      context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    }
  }

  #mask(context: CanvasRenderingContext2D, track: MaskTrack, thin: number): void {
    const chosen = track.id === this.chosen;
    const origin = this.sheet.origin(track.id);
    const box = chosen && this.#drag && this.#drag.grip !== "new" ? this.#drag.now : boxAt(track, this.frame);
    if (!box || (origin === "dropped" && !chosen)) return;
    outline(context, track, box, this.size.width, this.size.height);
    context.fillStyle = `${LINES[origin]}${origin === "dropped" ? "00" : chosen ? "55" : "33"}`;
    context.fill();
    context.strokeStyle = LINES[origin];
    context.lineWidth = (chosen ? 2.5 : 1.5) * thin;
    context.setLineDash(origin === "dropped" ? [3 * thin, 3 * thin] : []);
    context.stroke();
    context.setLineDash([]);
    if (!chosen || !this.editable || origin === "dropped") return;
    context.fillStyle = "#ffffff";
    for (const grip of GRIPS) {
      const { x, y } = gripPoint(box, grip);
      context.fillRect(x - 3.5 * thin, y - 3.5 * thin, 7 * thin, 7 * thin);
    }
  }

  #point(event: PointerEvent): Point {
    return this.view.toSource({ x: event.offsetX, y: event.offsetY });
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    const point = this.#point(event);
    this.canvas.setPointerCapture(event.pointerId);
    if (this.drawing) {
      const box: Box = [point.x, point.y, point.x, point.y];
      this.#drag = { grip: "new", from: point, box, now: box };
      return;
    }
    const track = this.chosen ? this.sheet.get(this.chosen) : null;
    const own = track ? boxAt(track, this.frame) : null;
    const grip = own && gripAt(own, point, REACH / this.view.scale);
    if (own && grip && this.editable && this.sheet.origin(this.chosen!) !== "dropped") {
      this.#drag = { grip, from: point, box: own, now: own };
      return;
    }
    this.events.onChoose(this.#under(point));
  }

  #under(point: Point): string | null {
    const hit = this.sheet.all().flatMap((track) => {
      const box = boxAt(track, this.frame);
      return box && this.sheet.origin(track.id) !== "dropped" && contains(box, point, 2) ? [{ id: track.id, size: area(box) }] : [];
    });
    return hit.sort((a, b) => a.size - b.size)[0]?.id ?? null;
  }

  #move(event: PointerEvent): void {
    const held = this.#drag;
    if (!held) return;
    const point = this.#point(event);
    held.now = held.grip === "new"
      ? upright([held.from.x, held.from.y, point.x, point.y])
      : within(drag(held.box, held.grip, point.x - held.from.x, point.y - held.from.y), this.size.width, this.size.height);
    this.draw();
  }

  #up(): void {
    const held = this.#drag;
    this.#drag = null;
    if (!held) return;
    if (held.grip === "new") {
      const box = clipped(held.now, this.size.width, this.size.height);
      if (box[2] - box[0] > THINNEST && box[3] - box[1] > THINNEST) this.events.onDrawn(box);
    } else if (held.now !== held.box && this.chosen) {
      this.events.onMoved(this.chosen, held.now);
    }
    this.draw();
  }
}
