// Shapes between keyframes; the same rules, and the same test vectors, as
// workforce/labels/interpolation.py: boxes linear, rotation by the shorter arc, polygons point by
// point where both keyframes have as many, flags hold from the keyframe on the left, nothing before
// the first keyframe, and the last one holds.

import { OCCLUDED, OUTSIDE, type AttributeValue, type Keyframe, type Scalar, type Track } from "./wire.ts";

export interface Shape {
  readonly frame: number;
  readonly geometry: readonly number[];
  readonly occluded: boolean;
  readonly outside: boolean;
  /** Stored at this frame, not computed. */
  readonly keyframe: boolean;
}

/** Position of the last keyframe at or before `frame`; -1 before the first. */
export function leftOf(keyframes: readonly Keyframe[], frame: number): number {
  let low = 0;
  let high = keyframes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyframes[middle]![0] <= frame) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The shape at a frame, also where the track is outside; null before the first keyframe. */
export function shapeAt(track: Track, frame: number): Shape | null {
  const position = leftOf(track.keyframes, frame);
  if (position < 0) return null;
  const left = track.keyframes[position]!;
  const right = track.keyframes[position + 1];
  let geometry = left[2];
  if (right && frame !== left[0]) {
    const between = track.kind === "box" ? boxBetween : polygonBetween;
    geometry = between(left[2], right[2], (frame - left[0]) / (right[0] - left[0]));
  }
  return {
    frame,
    geometry,
    occluded: (left[1] & OCCLUDED) !== 0,
    outside: (left[1] & OUTSIDE) !== 0,
    keyframe: left[0] === frame,
  };
}

function boxBetween(left: readonly number[], right: readonly number[], share: number): number[] {
  const box = [0, 1, 2, 3].map((i) => left[i]! + (right[i]! - left[i]!) * share);
  if (left.length === 4 && right.length === 4) return box;
  return [...box, rotationBetween(left[4] ?? 0, right[4] ?? 0, share)];
}

function polygonBetween(left: readonly number[], right: readonly number[], share: number): readonly number[] {
  return left.length === right.length ? left.map((value, i) => value + (right[i]! - value) * share) : left;
}

/** Degrees in [0, 360), turned from left by `share` of the shorter way to right. */
export function rotationBetween(left: number, right: number, share: number): number {
  const turn = modulo(right - left + 180, 360) - 180;
  return modulo(left + turn * share, 360);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** The value in force at a frame; a list of changes holds from its last change. */
export function valueAt(value: AttributeValue | undefined, frame: number): Scalar | undefined {
  if (!Array.isArray(value)) return value;
  let held = value[0]?.[1];
  for (const [start, change] of value) if (start <= frame) held = change;
  return held;
}
