// What is worth a second look before labels are handed in.

import { OUTSIDE, type Track } from "../labels/wire.ts";
import { extent } from "./stage.ts";

export interface Finding {
  readonly track: Track;
  readonly frame: number;
  readonly text: string;
}

/** Things that are rarely meant: nothing here stops a submit. */
export function findings(tracks: Iterable<Track>, first: number, last: number, name: (track: Track) => string): Finding[] {
  const found: Finding[] = [];
  for (const track of tracks) {
    const start = track.keyframes[0]![0];
    if (track.keyframes.length === 1 && start < last) {
      found.push({ track, frame: start, text: `${name(track)} has one keyframe and stays put from ${start} to ${last}.` });
    }
    for (const [frame, flags, geometry] of track.keyframes) {
      const [x1, y1, x2, y2] = extent(geometry, track.kind);
      if (!(flags & OUTSIDE) && Math.min(x2 - x1, y2 - y1) < 4) {
        found.push({ track, frame, text: `${name(track)} is less than 4 px thin at ${frame}.` });
        break;
      }
    }
    if (track.keyframes.every(([, flags]) => flags & OUTSIDE)) {
      found.push({ track, frame: Math.max(first, start), text: `${name(track)} is never visible.` });
    }
  }
  return found;
}
