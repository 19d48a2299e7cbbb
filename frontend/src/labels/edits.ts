// Edits of one track. Each returns a new track and leaves the old one alone, so that undo is
// keeping the old one.

import { leftOf, shapeAt, valueAt } from "./interpolate.ts";
import { round } from "./outline.ts";
import { AUTOMATIC, OCCLUDED, OUTSIDE, type AttributeSpec, type AttributeValue, type Keyframe, type LabelSpec, type Scalar, type Track } from "./wire.ts";

export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

export function newTrack(id: string, label: LabelSpec, frame: number, geometry: readonly number[], kind = "box"): Track {
  const attributes: Record<string, AttributeValue> = {};
  for (const spec of label.attributes ?? []) {
    const value = spec.default ?? null;
    if (value !== null) attributes[spec.key] = value;
  }
  return { id, label: label.key, kind, attributes, keyframes: [[frame, 0, geometry.map(round)]] };
}

function withKeyframe(track: Track, keyframe: Keyframe): Track {
  const keyframes = track.keyframes.filter(([frame]) => frame !== keyframe[0]);
  keyframes.splice(leftOf(keyframes, keyframe[0]) + 1, 0, keyframe);
  return { ...track, keyframes };
}

function flagsAt(track: Track, frame: number): number {
  const left = track.keyframes[leftOf(track.keyframes, frame)];
  return left ? left[1] & (OUTSIDE | OCCLUDED) : 0;
}

/** Puts the geometry here as a person's keyframe. Before the first keyframe the track begins here. */
export function setGeometry(track: Track, frame: number, geometry: readonly number[]): Track {
  return withKeyframe(track, [frame, flagsAt(track, frame) & ~OUTSIDE, geometry.map(round)]);
}

/** Sets or clears a flag here, making this frame a keyframe. */
export function setFlag(track: Track, frame: number, flag: number, on: boolean): Track {
  const shape = shapeAt(track, frame);
  if (!shape) return track;
  const flags = on ? flagsAt(track, frame) | flag : flagsAt(track, frame) & ~flag;
  return withKeyframe(track, [frame, flags, shape.geometry.map(round)]);
}

/** Makes this frame a keyframe, or removes the keyframe here; the last one stays. */
export function toggleKeyframe(track: Track, frame: number): Track {
  const shape = shapeAt(track, frame);
  if (!shape) return track;
  if (!shape.keyframe) {
    return withKeyframe(track, [frame, flagsAt(track, frame), shape.geometry.map(round)]);
  }
  if (track.keyframes.length === 1) return track;
  return { ...track, keyframes: track.keyframes.filter(([at]) => at !== frame) };
}

/** Another label: attributes that it does not have are dropped, its defaults are filled in. */
export function setLabel(track: Track, label: LabelSpec): Track {
  const attributes: Record<string, AttributeValue> = {};
  for (const spec of label.attributes ?? []) {
    const kept = track.attributes[spec.key];
    const value = kept !== undefined && fits(spec, kept) ? kept : (spec.default ?? null);
    if (value !== null) attributes[spec.key] = value;
  }
  return { ...track, label: label.key, attributes };
}

function fits(spec: AttributeSpec, value: AttributeValue): boolean {
  if (Array.isArray(value)) return spec.mutable === true && value.every(([, v]) => fits(spec, v));
  if (spec.type === "select") return typeof value === "string" && (spec.values ?? []).includes(value);
  return typeof value === { checkbox: "boolean", number: "number", text: "string" }[spec.type];
}

/** Sets an attribute: for the whole track, or from this frame on when it may change along it. */
export function setAttribute(track: Track, spec: AttributeSpec, frame: number, value: Scalar): Track {
  const attributes = { ...track.attributes };
  const first = track.keyframes[0]?.[0] ?? frame;
  const before = track.attributes[spec.key];
  if (!spec.mutable || before === undefined || frame <= first) {
    const later = Array.isArray(before) ? before.filter(([start]) => start > frame && start > first) : [];
    attributes[spec.key] = later.length ? [[first, value], ...later] : value;
    return { ...track, attributes };
  }
  const changes: [number, Scalar][] = Array.isArray(before) ? before : [[first, before]];
  const kept = [...changes.filter(([start]) => start !== frame), [frame, value] as [number, Scalar]];
  kept.sort((a, b) => a[0] - b[0]);
  attributes[spec.key] = kept.filter(([, v], i) => i === 0 || kept[i - 1]![1] !== v);
  return { ...track, attributes };
}

/** Keeps the shape of `frame` until `until`: keyframes between give way, later ones stay. */
export function hold(track: Track, frame: number, until: number): Track {
  const shape = shapeAt(track, frame);
  if (!shape || until <= frame) return track;
  const flags = flagsAt(track, frame);
  const geometry = shape.geometry.map(round);
  const later = track.keyframes.filter(([at]) => at > until);
  const ends: Keyframe[] = later.length ? [[frame, flags, geometry], [until, flags, geometry]] : [[frame, flags, geometry]];
  return { ...track, keyframes: [...track.keyframes.filter(([at]) => at < frame), ...ends, ...later] };
}

/** Cuts a track in two: the first ends before `frame`, the second begins there under `id`. */
export function split(track: Track, frame: number, id: string): [Track, Track] | null {
  const shape = shapeAt(track, frame);
  const first = track.keyframes[0];
  if (!shape || !first || frame <= first[0]) return null;
  const geometry = shape.geometry.map(round);
  const before = track.keyframes.filter(([at]) => at < frame);
  const ended: Keyframe = [frame, flagsAt(track, frame) | OUTSIDE, geometry];
  const after = track.keyframes.filter(([at]) => at > frame);
  return [
    { ...track, keyframes: [...before, ended] },
    { ...track, id, attributes: attributesFrom(track, frame), keyframes: [[frame, flagsAt(track, frame), geometry], ...after] },
  ];
}

function attributesFrom(track: Track, frame: number): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [key, value] of Object.entries(track.attributes)) {
    const now = valueAt(value, frame);
    const later = Array.isArray(value) ? value.filter(([start]) => start > frame) : [];
    if (now !== undefined) attributes[key] = later.length ? [[frame, now], ...later] : now;
  }
  return attributes;
}

/** Joins `other` into `track`, which keeps its id and label; where both have a keyframe, its own wins.
 *
 * A track's closing `outside` gives way when the other goes on from there: that is what a merge is for.
 */
export function merge(track: Track, other: Track): Track {
  const byFrame = new Map<number, Keyframe>();
  for (const keyframe of [...other.keyframes, ...track.keyframes]) {
    const there = byFrame.get(keyframe[0]);
    if (there && (keyframe[1] & OUTSIDE) !== 0 && (there[1] & OUTSIDE) === 0) continue;
    byFrame.set(keyframe[0], keyframe);
  }
  const keyframes = [...byFrame.values()].sort((a, b) => a[0] - b[0]);
  return { ...track, keyframes };
}

/** The nearest keyframe before or after `frame`, or null. */
export function neighbour(track: Track, frame: number, direction: -1 | 1): number | null {
  const frames = track.keyframes.map(([at]) => at);
  const found = direction > 0 ? frames.find((at) => at > frame) : frames.findLast((at) => at < frame);
  return found ?? null;
}

export const isAutomatic = (keyframe: Keyframe): boolean => (keyframe[1] & AUTOMATIC) !== 0;
