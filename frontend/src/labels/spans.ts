// Edits of event spans. As with tracks, each returns a new span and leaves the old one alone.

import type { EventSpec, Item, Scalar, Span, Track, Zone } from "./wire.ts";

const allows = (list: readonly string[] | undefined, value: string): boolean => !list?.length || list.includes(value);

export const mayTakePart = (spec: EventSpec, track: Track): boolean => allows(spec.participants, track.label);
export const isToldOf = (spec: EventSpec, zone: Zone): boolean => allows(spec.zones, zone.kind);

export function newSpan(id: string, spec: EventSpec, a: number, b: number, who: Track | undefined): Span {
  const attributes: Record<string, Scalar> = {};
  for (const one of spec.attributes ?? []) if (one.default !== undefined && one.default !== null) attributes[one.key] = one.default;
  const participants = who && mayTakePart(spec, who) ? [who.id] : [];
  return { id, event: spec.key, start: Math.min(a, b), end: Math.max(a, b), participants, zones: [], attributes };
}

/** Moves one end; an end pulled past the other stops there. */
export function moveEnd(span: Span, side: "start" | "end", frame: number): Span {
  return side === "start" ? { ...span, start: Math.min(frame, span.end) } : { ...span, end: Math.max(frame, span.start) };
}

/** Takes an id into a list of participants or zones, or out of it. */
export function flip(list: readonly string[], id: string): string[] {
  return list.includes(id) ? list.filter((one) => one !== id) : [...list, id];
}

/** Another kind of event: what the new kind does not know is dropped, its defaults are filled in. */
export function setKind(span: Span, spec: EventSpec, tracks: readonly Track[], zones: readonly Zone[]): Span {
  const fresh = newSpan(span.id, spec, span.start, span.end, undefined);
  const attributes = { ...fresh.attributes };
  for (const one of spec.attributes ?? []) {
    const value = span.attributes[one.key];
    const fits = one.type === "select" ? (one.values ?? []).includes(String(value)) : typeof value === { checkbox: "boolean", number: "number", text: "string" }[one.type];
    if (value !== undefined && fits) attributes[one.key] = value;
  }
  return {
    ...fresh,
    attributes,
    participants: span.participants.filter((id) => tracks.some((track) => track.id === id && mayTakePart(spec, track))),
    zones: span.zones.filter((id) => zones.some((zone) => zone.id === id && isToldOf(spec, zone))),
  };
}

/** Edits that take a track out of all events; the heir, as of a merge, takes its place where it may. */
export function withoutTrack(spans: Iterable<Span>, gone: string, heir?: Track, kinds: readonly EventSpec[] = []): [string, Item][] {
  const edits: [string, Item][] = [];
  for (const span of spans) {
    if (!span.participants.includes(gone)) continue;
    const kind = kinds.find((one) => one.key === span.event);
    const follows = heir && kind && mayTakePart(kind, heir);
    const named = span.participants.flatMap((id) => (id !== gone ? [id] : follows ? [heir.id] : []));
    edits.push([span.id, { ...span, participants: [...new Set(named)] }]);
  }
  return edits;
}

/** Edits that take a track out of the events in which its label takes no part (any more). */
export function withoutUnfit(spans: Iterable<Span>, track: Track, kinds: readonly EventSpec[]): [string, Item][] {
  const unfit = [...spans].filter((span) => kinds.some((kind) => kind.key === span.event && !mayTakePart(kind, track)));
  return withoutTrack(unfit, track.id);
}
