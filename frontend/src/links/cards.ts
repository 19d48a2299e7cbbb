// How a track is shown: its pictures, its place and time, what it is said to be.

import { el, icon } from "../workbench/dom.ts";
import type { Crops } from "./crops.ts";
import { HIGH, WIDE } from "./crops.ts";
import { clockOf, placeOf } from "./sheet.ts";
import type { Item, Verdict } from "./wire.ts";

export const SAID: Record<Verdict, { word: string; tone: string; icon: string }> = {
  same: { word: "The same", tone: "ok", icon: "equal" },
  different: { word: "Different", tone: "neutral", icon: "x" },
  unsure: { word: "Not sure", tone: "hold", icon: "circle-question-mark" },
};

/** "person 4": how a track is called in this task. */
export const nameOf = (item: Item): string => `${item.label.replaceAll("_", " ")} ${item.number + 1}`;

export function facts(item: Item, extra: string | null = null): HTMLElement {
  const values = Object.entries(item.attributes).map(([name, value]) => `${name.replaceAll("_", " ")} ${String(value)}`);
  return el("div", { class: "lk__facts" },
    el("b", {}, placeOf(item)),
    el("span", { class: "tn" }, clockOf(item)),
    el("span", { class: "sub" }, `${item.time_zone}${extra ? ` · ${extra}` : ""}`),
    values.length ? el("span", { class: "sub" }, values.join(", ")) : null);
}

/** Pictures of a track, the largest or all, it first; each is fetched when `wanted` says so at its turn. */
export function pictures(crops: Crops, item: Item, all: boolean, wanted: () => boolean, onFailure: (error: Error) => void): HTMLElement {
  const views = [...item.views].sort((a, b) => area(b) - area(a)).slice(0, all ? item.views.length : 1);
  return el("div", { class: "lk__pics" }, ...views.map((view, place) => {
    const canvas = el("canvas", {
      width: String(WIDE), height: String(HIGH), class: "lk__pic", role: "img",
      "aria-label": `${nameOf(item)}, ${placeOf(item)}, frame ${view.frame}${views.length > 1 ? `, ${place + 1} of ${views.length}` : ""}`,
    });
    const box = el("div", { class: "lk__frame" }, canvas);
    crops.draw(canvas, item, view, () => wanted() && canvas.isConnected).catch((error: Error) => {
      box.classList.add("lk__frame--failed");
      box.append(el("p", { class: "small" }, icon("eye-off"), " No picture"));
      onFailure(error);
    });
    return box;
  }));
}

const area = ({ box }: Item["views"][number]): number => (box[2] - box[0]) * (box[3] - box[1]);

export function pill(tone: string, name: string, text: string): HTMLElement {
  return el("span", { class: `pill pill--${tone}` }, icon(name), text);
}
