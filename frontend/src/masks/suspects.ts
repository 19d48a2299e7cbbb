// The frames to look at first: a list of cut-outs with the masks drawn, each with its reasons and a
// tick. Cut-outs are decoded when they come into view, and each is a receipt in the log.

import type { FrameSource, Picture } from "../frames/source.ts";
import { count, el } from "../workbench/dom.ts";
import { boxAt, type Sheet } from "./sheet.ts";
import { LINES, outline } from "./stage.ts";
import type { Reason, Suspect } from "./wire.ts";

const WIDE = 150;
const HIGH = 84;
/** Source pixels that a cut-out shows at least, across. */
const LEAST = 160;
const NAMES = { faces: "Face", heads: "Head", plates: "Plate" };

export function said(reason: Reason): string {
  const name = NAMES[reason.subject];
  switch (reason.kind) {
    case "exposed": return `${name} shows on the copy`;
    case "unmasked": return `${name} seen by the second detector only`;
    case "once": return `${name} seen once`;
    case "weak": return `${name} found with a score of ${reason.value}`;
    case "gap": return `${name} not seen for ${count(reason.value)} frames`;
  }
}

export class Suspects {
  readonly ticked = new Set<number>();
  #at = -1;
  readonly #rows: HTMLLIElement[] = [];
  readonly #waiting: number[] = [];
  #busy = false;

  constructor(
    readonly host: HTMLElement,
    readonly list: readonly Suspect[],
    readonly sheet: Sheet,
    readonly source: FrameSource,
    readonly size: { width: number; height: number },
    readonly events: { onOpen(suspect: Suspect): void; onTick(): void },
  ) {
    const watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        this.#waiting.push(Number((target as HTMLElement).dataset["row"]));
      }
      void this.#work();
    }, { root: host.closest(".wb__side") });
    for (const [row, suspect] of list.entries()) {
      const item = this.#item(row, suspect);
      this.#rows.push(item);
      host.append(item);
      watch.observe(item);
    }
  }

  get done(): boolean {
    return this.list.every((one) => this.ticked.has(one.frame));
  }

  step(by: number): void {
    if (this.list.length) this.open(Math.min(this.list.length - 1, Math.max(0, this.#at + by)));
  }

  open(row: number): void {
    this.#rows[this.#at]?.removeAttribute("aria-current");
    this.#at = row;
    const item = this.#rows[row];
    const suspect = this.list[row];
    if (!item || !suspect) return;
    item.setAttribute("aria-current", "true");
    item.scrollIntoView({ block: "nearest" });
    this.events.onOpen(suspect);
  }

  /** Ticks the open one, and goes on. */
  tick(): void {
    const box = this.#rows[this.#at]?.querySelector("input");
    if (!box) return;
    box.checked = !box.checked;
    this.#ticked(this.list[this.#at]!.frame, box.checked);
    if (box.checked) this.step(1);
  }

  #ticked(frame: number, on: boolean): void {
    if (on) this.ticked.add(frame);
    else this.ticked.delete(frame);
    this.events.onTick();
  }

  #item(row: number, suspect: Suspect): HTMLLIElement {
    const canvas = el("canvas", { width: String(WIDE * 2), height: String(HIGH * 2), class: "mk__thumb", "aria-hidden": "true" });
    const go = el("button", { type: "button", class: "mk__go" }, canvas,
      el("span", {}, el("b", { class: "tn" }, `Frame ${count(suspect.frame)}`), ...suspect.reasons.map((reason) => el("span", { class: "sub" }, said(reason)))));
    go.addEventListener("click", () => this.open(row));
    const box = el("input", { type: "checkbox" });
    box.addEventListener("change", () => this.#ticked(suspect.frame, box.checked));
    const tick = el("label", { class: "check" }, box, el("span", {}, "Looked at", el("span", { class: "vh" }, ` frame ${suspect.frame}`)));
    return el("li", { class: "mk__row", "data-row": String(row) }, go, tick);
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let row = this.#waiting.shift(); row !== undefined; row = this.#waiting.shift()) {
      const suspect = this.list[row]!;
      const picture = await this.source.picture(suspect.frame).catch(() => null);
      if (picture) {
        this.#paint(this.#rows[row]!.querySelector("canvas")!, suspect, picture);
        this.#rows[row]!.dataset["painted"] = "";
        picture.close();
      }
    }
    this.#busy = false;
  }

  #paint(canvas: HTMLCanvasElement, suspect: Suspect, picture: Picture): void {
    const reason = suspect.reasons[0]!;
    const track = reason.track ? this.sheet.get(reason.track) : null;
    const box = reason.box ?? (track && boxAt(track, suspect.frame)) ?? [0, 0, this.size.width, this.size.height];
    const wide = Math.min(this.size.width, Math.max(LEAST, 2.5 * (box[2] - box[0]), (2.5 * (box[3] - box[1]) * WIDE) / HIGH));
    const scale = canvas.width / wide;
    const context = canvas.getContext("2d")!;
    context.scale(scale, scale);
    context.translate(wide / 2 - (box[0] + box[2]) / 2, (wide * HIGH) / WIDE / 2 - (box[1] + box[3]) / 2);
    context.drawImage(picture.image, 0, 0, picture.width, picture.height);
    context.lineWidth = 3 / scale;
    for (const one of this.sheet.all()) {
      const here = boxAt(one, suspect.frame);
      if (!here) continue;
      outline(context, one, here, this.size.width, this.size.height);
      context.strokeStyle = LINES[this.sheet.origin(one.id)];
      context.stroke();
    }
    if (reason.box) {
      context.strokeStyle = "#ff6b5e";
      context.setLineDash([8 / scale, 5 / scale]);
      context.strokeRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
    }
  }
}
