// The task's tracks and what holds about them, as pure questions and answers.

import type { DeskWire, Item, Said, Standing, Verdict } from "./wire.ts";

export class Sheet {
  readonly items: readonly Item[];
  #standing: Standing;
  #said: ReadonlyMap<string, Verdict>;

  constructor(desk: DeskWire) {
    this.items = desk.items;
    this.#standing = desk;
    this.#said = pairs(desk);
  }

  get standing(): Standing {
    return this.#standing;
  }

  set standing(standing: Standing) {
    this.#standing = standing;
    this.#said = pairs(standing);
  }

  get subjects(): Item[] {
    return this.items.filter((item) => item.subject);
  }

  get settled(): number {
    return this.subjects.length - this.#standing.unsettled.length;
  }

  said(a: number, b: number): Verdict | null {
    return this.#said.get(key(a, b)) ?? null;
  }

  /** The others that are the same object, by what was said so far. */
  identity(number: number): readonly number[] {
    return this.#standing.identities.find((group) => group.includes(number))?.filter((other) => other !== number) ?? [];
  }

  state(number: number): "linked" | "alone" | "open" {
    if (this.identity(number).length) return "linked";
    return this.#standing.unsettled.includes(number) ? "open" : "alone";
  }

  /** Says of all candidates that nobody spoke of that they are somebody else. */
  noneOf(subject: Item): Said[] {
    return subject.candidates
      .filter((other) => this.said(subject.number, other) === null)
      .map((other) => ({ first: subject.number, second: other, verdict: "different" }));
  }

  /** The next subject that waits for a decision, after a number and round again; null: none waits. */
  nextOpen(after: number): number | null {
    const open = this.#standing.unsettled;
    return open.find((number) => number > after) ?? open[0] ?? null;
  }

  /** Decisions that a draft holds and that do not hold now. */
  missing(drafted: readonly (readonly [number, number, string])[]): Said[] {
    const wanted = new Map<string, Said>();
    for (const [first, second, verdict] of drafted) wanted.set(key(first, second), { first, second, verdict: verdict as Said["verdict"] });
    return [...wanted.values()].filter((one) => (this.said(one.first, one.second) ?? "withdrawn") !== one.verdict);
  }
}

const key = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

function pairs(standing: Standing): Map<string, Verdict> {
  return new Map(standing.links.map(([a, b, verdict]) => [key(a, b), verdict]));
}

/** "2 min 10 s later": when a candidate is seen, from the subject's point of view. */
export function apart(subject: Item, other: Item): string {
  if (!subject.begins || !subject.ends || !other.begins || !other.ends) return "time not known";
  const [a, b, c, d] = [subject.begins, subject.ends, other.begins, other.ends].map((text) => Date.parse(text)) as [number, number, number, number];
  if (c > b) return `${span((c - b) / 1000)} later`;
  if (a > d) return `${span((a - d) / 1000)} earlier`;
  return "at the same time";
}

export function span(seconds: number): string {
  const whole = Math.round(seconds);
  const parts: [number, string][] = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** "Fri 20 Nov 2026, 13:02:00–13:02:12", by the clock of the camera's place. */
export function clockOf(item: Item): string {
  if (!item.begins || !item.ends) return "time not known";
  const zone = { timeZone: item.time_zone };
  const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", ...zone });
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", ...zone });
  const [begins, ends] = [new Date(item.begins), new Date(item.ends)];
  return `${day.format(begins)}, ${time.format(begins)}–${time.format(ends)}`;
}

export function placeOf(item: Item): string {
  return item.camera ? `${item.camera}, ${item.site}` : "Camera not named";
}
