// Boxes under the pointer and under the arrow keys. Boxes are [x1, y1, x2, y2] in source pixels;
// a fifth number is a rotation in degrees about the middle.

import type { Box } from "../labels/edits.ts";
import type { Point } from "./view.ts";

/** A side or corner, as compass letters; "in" is the body. */
export type Grip = "n" | "ne" | "e" | "se" | "s" | "sw" | "w" | "nw" | "in";
export const GRIPS: readonly Exclude<Grip, "in">[] = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
/** A box thinner than this is a slip of the hand. */
export const THINNEST = 2;

export const boxOf = (geometry: readonly number[]): Box => [geometry[0]!, geometry[1]!, geometry[2]!, geometry[3]!];

export function gripPoint([x1, y1, x2, y2]: Box, grip: Exclude<Grip, "in">): Point {
  return {
    x: grip.includes("w") ? x1 : grip.includes("e") ? x2 : (x1 + x2) / 2,
    y: grip.includes("n") ? y1 : grip.includes("s") ? y2 : (y1 + y2) / 2,
  };
}

/** What of the box is at the point, within `reach` source pixels. */
export function gripAt(box: Box, point: Point, reach: number): Grip | null {
  for (const grip of GRIPS) {
    const { x, y } = gripPoint(box, grip);
    if (Math.abs(point.x - x) <= reach && Math.abs(point.y - y) <= reach) return grip;
  }
  return contains(box, point, 0) ? "in" : null;
}

export function contains([x1, y1, x2, y2]: Box, { x, y }: Point, reach: number): boolean {
  return x >= x1 - reach && x <= x2 + reach && y >= y1 - reach && y <= y2 + reach;
}

export const area = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);

/** Moves the body or one grip by (dx, dy); crossing sides turns the box inside out, rightly. */
export function drag(box: Box, grip: Grip, dx: number, dy: number): Box {
  let [x1, y1, x2, y2] = box;
  if (grip === "in") return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
  if (grip.includes("w")) x1 += dx;
  if (grip.includes("e")) x2 += dx;
  if (grip.includes("n")) y1 += dy;
  if (grip.includes("s")) y2 += dy;
  return upright([x1, y1, x2, y2]);
}

/** x1 < x2 and y1 < y2, each side at least THINNEST long. */
export function upright([x1, y1, x2, y2]: Box): Box {
  const [left, right] = x1 <= x2 ? [x1, x2] : [x2, x1];
  const [top, bottom] = y1 <= y2 ? [y1, y2] : [y2, y1];
  return [left, top, Math.max(right, left + THINNEST), Math.max(bottom, top + THINNEST)];
}

/** Keeps a moved box in touch with the picture: the server refuses one that is off it. */
export function within(box: Box, width: number, height: number): Box {
  const [x1, y1, x2, y2] = box;
  const dx = x2 < THINNEST ? THINNEST - x2 : x1 > width - THINNEST ? width - THINNEST - x1 : 0;
  const dy = y2 < THINNEST ? THINNEST - y2 : y1 > height - THINNEST ? height - THINNEST - y1 : 0;
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

/** Cuts a drawn box at the picture's edge. */
export function clipped([x1, y1, x2, y2]: Box, width: number, height: number): Box {
  return [Math.max(0, x1), Math.max(0, y1), Math.min(width, x2), Math.min(height, y2)];
}
