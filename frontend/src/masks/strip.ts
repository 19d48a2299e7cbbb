// Masks over time: a row a track, its life as a bar with its keyframes, under one scrubber.

import { el } from "../workbench/dom.ts";
import type { Sheet } from "./sheet.ts";
import { LINES } from "./stage.ts";
import type { MaskTrack } from "./wire.ts";

const SVG = "http://www.w3.org/2000/svg";
/** Units across; the picture of a row is stretched to the page. */
const ACROSS = 1000;
/** Beyond this many keyframes a bar shows none: they would be one smear. */
const MOST_MARKS = 60;
const NAMES = { faces: "Face", heads: "Head", plates: "Plate" };
const ORIGINS = { engine: "found", changed: "changed", drawn: "drawn", dropped: "dropped" };

export function named(track: MaskTrack): string {
  const [, number] = track.id.split("-");
  return track.id.startsWith("drawn") ? `${NAMES[track.subject]}, drawn ${number!.slice(0, 4)}` : `${NAMES[track.subject]} ${number}`;
}

function shape(kind: "rect" | "line", attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export class Strip {
  #heads: SVGElement[] = [];

  constructor(
    readonly host: HTMLElement,
    readonly frames: number,
    readonly sheet: Sheet,
    readonly events: { onChoose(id: string): void; onSeek(frame: number): void },
  ) {}

  #x(frame: number): number {
    return (ACROSS * frame) / Math.max(1, this.frames - 1);
  }

  draw(chosen: string | null, frame: number): void {
    this.#heads = [];
    const focused = document.activeElement?.closest<HTMLElement>("[data-track]")?.dataset["track"];
    this.host.replaceChildren(...this.sheet.all().map((track) => this.#row(track, track.id === chosen)));
    if (focused) this.host.querySelector<HTMLElement>(`[data-track="${focused}"] button`)?.focus();
    this.at(frame);
  }

  at(frame: number): void {
    const x = String(this.#x(frame));
    for (const head of this.#heads) {
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
    }
  }

  #row(track: MaskTrack, chosen: boolean): HTMLElement {
    const origin = this.sheet.origin(track.id);
    const name = el("button", { type: "button", class: "mk__name", "aria-pressed": String(chosen) }, named(track), el("span", { class: "muted" }, ORIGINS[origin]));
    name.addEventListener("click", () => this.events.onChoose(track.id));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${ACROSS} 20`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "mk__bar");
    svg.setAttribute("aria-hidden", "true");
    const [from, to] = [track.keyframes[0]![0], track.keyframes[track.keyframes.length - 1]![0]];
    svg.append(shape("rect", { x: this.#x(from), y: 5, width: Math.max(3, this.#x(to) - this.#x(from)), height: 10, fill: LINES[origin], opacity: origin === "dropped" ? 0.25 : chosen ? 1 : 0.6 }));
    if (track.keyframes.length <= MOST_MARKS) {
      for (const [at] of track.keyframes) svg.append(shape("line", { x1: this.#x(at), x2: this.#x(at), y1: 2, y2: 18, stroke: LINES[origin], "vector-effect": "non-scaling-stroke", "stroke-width": 2 }));
    }
    const head = shape("line", { x1: 0, x2: 0, y1: 0, y2: 20, class: "mk__head", "vector-effect": "non-scaling-stroke" });
    this.#heads.push(head);
    svg.append(head);
    svg.addEventListener("click", (event) => {
      const { left, width } = svg.getBoundingClientRect();
      this.events.onSeek(Math.round(((event.clientX - left) / width) * (this.frames - 1)));
      this.events.onChoose(track.id);
    });
    return el("div", { class: "mk__track", "data-track": track.id }, name, svg as unknown as HTMLElement);
  }
}
