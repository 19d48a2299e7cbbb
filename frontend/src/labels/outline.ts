// Outlines of polygons: x1 y1 x2 y2 ... in source pixels, three points or more. What is a simple
// outline, workforce/labels/outlines.py says too; both are held against tests/fixtures/outlines.json.

import type { Keyframe, Track } from "./wire.ts";

export type Outline = readonly number[];

/** As the server has it; workforce/labels/tracks.py. */
export const MOST_POINTS = 1000;
export const LEAST_POINTS = 3;

/** Hundredths of a pixel: finer than anyone can point, and short on the wire. */
export const round = (value: number): number => Math.round(value * 100) / 100;

export const pointCount = (outline: Outline): number => outline.length / 2;

export function withPoint(outline: Outline, at: number, x: number, y: number): number[] {
  return [...outline.slice(0, at * 2), x, y, ...outline.slice(at * 2)];
}

export function withoutPoint(outline: Outline, at: number): number[] {
  return [...outline.slice(0, at * 2), ...outline.slice(at * 2 + 2)];
}

export function movedPoint(outline: Outline, at: number, x: number, y: number): number[] {
  return [...outline.slice(0, at * 2), x, y, ...outline.slice(at * 2 + 2)];
}

/** Whether two sides cross, touch or run back over each other. `open`: the last point does not lead
 * back to the first, as while it is drawn. */
export function crosses(outline: Outline, open = false): boolean {
  const points = pointCount(outline);
  const sides = open ? points - 1 : points;
  for (let i = 0; i < sides; i++) {
    const next = (i + 1) % points;
    if (outline[i * 2] === outline[next * 2] && outline[i * 2 + 1] === outline[next * 2 + 1]) return true;
    if ((next < sides || !open) && turnsBack(outline, i, next, (next + 1) % points)) return true;
    for (let j = i + 2; j < sides; j++) {
      if ((j + 1) % points !== i && meet(outline, i, next, j, (j + 1) % points)) return true;
    }
  }
  return false;
}

/** The side of point c, as seen from a to b: positive, negative or 0 for on the line. */
function sideOf(outline: Outline, a: number, b: number, c: number): number {
  const along = [outline[b * 2]! - outline[a * 2]!, outline[b * 2 + 1]! - outline[a * 2 + 1]!] as const;
  return Math.sign(along[0] * (outline[c * 2 + 1]! - outline[a * 2 + 1]!) - along[1] * (outline[c * 2]! - outline[a * 2]!));
}

function turnsBack(outline: Outline, a: number, b: number, c: number): boolean {
  const [x1, y1] = [outline[b * 2]! - outline[a * 2]!, outline[b * 2 + 1]! - outline[a * 2 + 1]!];
  const [x2, y2] = [outline[c * 2]! - outline[b * 2]!, outline[c * 2 + 1]! - outline[b * 2 + 1]!];
  return x1 * y2 - y1 * x2 === 0 && x1 * x2 + y1 * y2 < 0;
}

/** Whether the side from a to b and the one from c to d share a point. */
function meet(outline: Outline, a: number, b: number, c: number, d: number): boolean {
  for (const axis of [0, 1]) {
    const [from, to, low, high] = [outline[a * 2 + axis]!, outline[b * 2 + axis]!, outline[c * 2 + axis]!, outline[d * 2 + axis]!];
    if (Math.max(from, to) < Math.min(low, high) || Math.min(from, to) > Math.max(low, high)) return false;
  }
  return sideOf(outline, c, d, a) * sideOf(outline, c, d, b) <= 0 && sideOf(outline, a, b, c) * sideOf(outline, a, b, d) <= 0;
}

export function areaWithin(outline: Outline): number {
  let twice = 0;
  for (let i = 0, before = outline.length - 2; i < outline.length; before = i, i += 2) {
    twice += outline[before]! * outline[i + 1]! - outline[i]! * outline[before + 1]!;
  }
  return Math.abs(twice) / 2;
}

export function encloses(outline: Outline, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, before = outline.length - 2; i < outline.length; before = i, i += 2) {
    const [x1, y1, x2, y2] = [outline[before]!, outline[before + 1]!, outline[i]!, outline[i + 1]!];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

/** The point of the outline within `reach`, the nearest first. */
export function pointNear(outline: Outline, x: number, y: number, reach: number): number | null {
  let best: number | null = null;
  let least = reach;
  for (let i = 0; i < outline.length; i += 2) {
    const away = Math.hypot(outline[i]! - x, outline[i + 1]! - y);
    if (away <= least) [best, least] = [i / 2, away];
  }
  return best;
}

/** Where on which side: `share` of the way from point `at` to the one after it. */
export interface Place {
  readonly at: number;
  readonly share: number;
}

export function sideNear(outline: Outline, x: number, y: number, reach: number): Place | null {
  let best: Place | null = null;
  let least = reach;
  for (let at = 0; at < pointCount(outline); at++) {
    const [x1, y1, x2, y2] = ends(outline, at);
    const square = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1;
    const share = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square));
    const away = Math.hypot(x1 + (x2 - x1) * share - x, y1 + (y2 - y1) * share - y);
    if (away <= least) [best, least] = [{ at, share }, away];
  }
  return best;
}

export function pointAt(outline: Outline, { at, share }: Place): [number, number] {
  const [x1, y1, x2, y2] = ends(outline, at);
  return [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
}

function ends(outline: Outline, at: number): [number, number, number, number] {
  const next = ((at + 1) % pointCount(outline)) * 2;
  return [outline[at * 2]!, outline[at * 2 + 1]!, outline[next]!, outline[next + 1]!];
}

/** Puts a point on a side of every keyframe that has as many points: none of them changes its form,
 * and all go on moving point by point. */
export function pointOnSide(track: Track, points: number, place: Place): Track {
  const keyframes = track.keyframes.map((keyframe): Keyframe => {
    const [frame, flags, outline] = keyframe;
    if (pointCount(outline) !== points) return keyframe;
    const [x, y] = pointAt(outline, place);
    return [frame, flags, withPoint(outline, place.at + 1, x, y)];
  });
  return { ...track, keyframes };
}
