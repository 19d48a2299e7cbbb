// How outlines look while they are drawn and edited; all in CSS pixels of the overlay.

import type { Point, View } from "./view.ts";

const INK = "#0a0e10";
const WRONG = "#ff5c5c";
const CHOSEN = "#ffd166";

/** An outline that is not a label yet, or that can't be one. */
export interface DrawnOutline {
  readonly points: readonly number[];
  /** Where the next point would be, in source pixels. */
  readonly cursor: Point | null;
  readonly wrong: boolean;
  readonly open: boolean;
}

export function trace(context: CanvasRenderingContext2D, view: View, outline: readonly number[], open = false): void {
  context.beginPath();
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const { x, y } = view.toScreen({ x: outline[i]!, y: outline[i + 1]! });
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  }
  if (!open) context.closePath();
}

export function drawOutline(context: CanvasRenderingContext2D, view: View, { points, cursor, wrong, open }: DrawnOutline): void {
  context.save();
  trace(context, view, cursor ? [...points, cursor.x, cursor.y] : points, open);
  for (const [width, colour] of [[4, "rgb(10 14 16 / .6)"], [1.75, wrong ? WRONG : "#fff"]] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  if (open && cursor && points.length >= 4) {
    const first = view.toScreen({ x: points[0]!, y: points[1]! });
    const last = view.toScreen(cursor);
    context.setLineDash([3, 4]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(last.x, last.y);
    context.lineTo(first.x, first.y);
    context.stroke();
  }
  context.restore();
  drawPoints(context, view, points, null);
}

export function drawPoints(context: CanvasRenderingContext2D, view: View, outline: readonly number[], chosen: number | null): void {
  context.save();
  context.lineWidth = 1.5;
  context.strokeStyle = INK;
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const { x, y } = view.toScreen({ x: outline[i]!, y: outline[i + 1]! });
    const own = i / 2 === chosen;
    context.beginPath();
    context.arc(x, y, own ? 6.5 : 4.5, 0, 2 * Math.PI);
    context.fillStyle = own ? CHOSEN : "#fff";
    context.fill();
    context.stroke();
  }
  context.restore();
}

/** The point that a drag from a side would pull out. */
export function drawGhost(context: CanvasRenderingContext2D, view: View, at: Point): void {
  const { x, y } = view.toScreen(at);
  context.save();
  context.beginPath();
  context.arc(x, y, 4.5, 0, 2 * Math.PI);
  context.fillStyle = "rgb(255 255 255 / .5)";
  context.strokeStyle = INK;
  context.fill();
  context.stroke();
  context.restore();
}
