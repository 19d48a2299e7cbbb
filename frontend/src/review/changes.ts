// What came new, moved or went since the last hand-in: listed, walked to, and what was is drawn over the
// picture in dashes.

import { shapeAt } from "../labels/interpolate.ts";
import { isSpan, type Problem, type Track } from "../labels/wire.ts";
import { count, el, icon, must, plural } from "../workbench/dom.ts";
import { boxOf } from "../workbench/geometry.ts";
import { trace } from "../workbench/paint.ts";
import { extent } from "../workbench/stage.ts";
import type { Workbench } from "../workbench/workbench.ts";
import type { Difference, ReviewPage } from "./wire.ts";

const ICONS = { added: "circle-plus", removed: "circle-minus", changed: "diff" } as const;
const WORDS: Record<string, string> = { moved: "moved", label: "other label", attributes: "attributes", flags: "occluded or outside", kind: "other form", participants: "who takes part", zones: "zones" };

export class ChangesSince {
  #found: Difference[] = [];
  #shown = true;
  readonly #toggle = must<HTMLButtonElement>("former");

  constructor(readonly page: ReviewPage, readonly workbench: Workbench) {
    workbench.stage.over = (context) => this.#draw(context);
    this.#toggle.addEventListener("click", () => this.toggle());
  }

  toggle(): void {
    this.#shown = !this.#shown;
    this.#toggle.setAttribute("aria-pressed", String(this.#shown));
    this.workbench.stage.redraw();
  }

  /** Asks only where there was a round before. */
  async load(): Promise<void> {
    if (this.page.review.rounds < 2) return;
    must("changes").hidden = false;
    let url: string | null = this.page.review.changes;
    try {
      while (url) {
        const response: Response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
        const body = (await response.json()) as { results: Difference[]; next: string | null } & Problem;
        if (!response.ok) throw new Error(body.detail ?? `The server answered ${response.status}.`);
        this.#found.push(...body.results);
        url = body.next;
      }
    } catch (error) {
      must("changes-count").textContent = "not known";
      must("changes-none").textContent = `${(error as Error).message} Load the page again to see them.`;
      must("changes-none").hidden = false;
      return;
    }
    this.#list();
    this.workbench.stage.redraw();
  }

  #list(): void {
    const counted = (["added", "changed", "removed"] as const).map((change) => [this.#found.filter((one) => one.change === change).length, change] as const);
    must("changes-count").textContent = counted.filter(([n]) => n).map(([n, change]) => `${n} ${change}`).join(", ");
    must("changes-none").hidden = this.#found.length > 0;
    must("changes-none").textContent = "Nothing: the labels came back as they were.";
    this.#toggle.hidden = this.#found.length === 0;
    must("changes-list").replaceChildren(...this.#found.map((one) => this.#row(one)));
  }

  #name(one: Difference): string {
    const { session, document } = this.workbench;
    const track = document.get(one.id);
    if (track) return session.nameOf(track);
    const span = document.span(one.id);
    if (span) return session.nameOfSpan(span);
    if (one.before === null) return "object";
    if (isSpan(one.before)) return (session.kindOf(one.before)?.name ?? one.before.event).toLowerCase();
    return (session.labelOf(one.before)?.name ?? one.before.label).toLowerCase();
  }

  #row(one: Difference): HTMLElement {
    const { session, player, document } = this.workbench;
    const what = one.change === "changed" ? one.what.map((word) => WORDS[word] ?? word).join(", ") : one.change;
    const go = el("button", { type: "button", class: "rv__go" },
      el("b", {}, icon(ICONS[one.change]), ` ${this.#name(one)}`),
      el("span", {}, `${what}, frames ${count(one.first)}–${count(one.last)}`));
    go.addEventListener("click", () => {
      if (document.get(one.id)) session.select(one.id);
      else if (document.span(one.id)) session.selectEvent(one.id);
      else session.select(null);
      player.seek(Math.max(session.first, one.first));
    });
    return el("li", { class: "rv__c" }, go);
  }

  /** Former shapes of what moved and of what is gone, in dashes of one colour. */
  #draw(context: CanvasRenderingContext2D): void {
    if (!this.#shown) return;
    const { session } = this.workbench;
    for (const { before, change, what } of this.#found) {
      if (!before || isSpan(before) || (change === "changed" && !what.includes("moved"))) continue;
      const shape = shapeAt(before, session.frame);
      if (!shape || shape.outside) continue;
      this.#dashed(context, before, shape.geometry, change === "removed" ? "was, gone" : "was");
    }
  }

  #dashed(context: CanvasRenderingContext2D, track: Track, geometry: readonly number[], word: string): void {
    const { view } = this.workbench.stage;
    const [x1, y1, x2, y2] = track.kind === "polygon" ? extent(geometry, track.kind) : boxOf(geometry);
    context.save();
    trace(context, view, track.kind === "polygon" ? geometry : [x1, y1, x2, y1, x2, y2, x1, y2]);
    context.setLineDash([3, 3]);
    for (const [width, colour] of [[4, "rgb(10 14 16 / .55)"], [1.5, "#fff"]] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
    const { x, y } = view.toScreen({ x: x1, y: y2 });
    context.setLineDash([]);
    context.font = "500 11px Inter, system-ui, sans-serif";
    context.fillStyle = "rgb(10 14 16 / .75)";
    context.fillRect(x, y + 2, context.measureText(word).width + 8, 16);
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    context.fillText(word, x + 4, y + 10);
    context.restore();
  }

  /** For the sentence in the verdict's dialog. */
  get summary(): string {
    return this.#found.length ? `${plural(this.#found.length, "object or event", "objects and events")} changed since the last hand-in.` : "";
  }
}
