// The picture and the boxes over it. Two canvases: the picture is drawn when the frame or the view
// changes, the boxes whenever anything does.

import type { Box } from "../labels/edits.ts";
import type { Shape } from "../labels/interpolate.ts";
import type { Track } from "../labels/wire.ts";
import type { Picture } from "../frames/source.ts";
import { boxOf, GRIPS, gripPoint } from "./geometry.ts";
import { drawGhost, drawOutline, drawPoints, trace, type DrawnOutline } from "./paint.ts";
import type { Session } from "./session.ts";
import type { Point, View } from "./view.ts";

const INK = "#0a0e10";
const HANDLE = 9;

export class Stage {
  readonly #below: CanvasRenderingContext2D;
  readonly #above: CanvasRenderingContext2D;
  readonly #colours = new Map<string, string>();
  #picture: Picture | null = null;
  #ratio = 1;
  #scheduled = false;
  #pictureStale = true;
  /** A box being drawn, and the cross under the pointer while the box tool is out. */
  draft: Box | null = null;
  cross: Point | null = null;
  /** An outline being drawn, or one that can't be taken; and a point that could be pulled out. */
  outline: DrawnOutline | null = null;
  ghost: Point | null = null;
  /** Draws over the labels, in CSS pixels. */
  over: (context: CanvasRenderingContext2D) => void = () => undefined;
  /** Called when the view moved because the window did. */
  onResize: () => void = () => undefined;

  constructor(
    readonly host: HTMLElement,
    readonly picture: HTMLCanvasElement,
    overlay: HTMLCanvasElement,
    readonly view: View,
    readonly session: Session,
    /** Share of the decoded image that is the source's picture; the rest is padding. */
    readonly whole: Point,
  ) {
    this.#below = picture.getContext("2d", { alpha: false })!;
    this.#above = overlay.getContext("2d")!;
    const style = getComputedStyle(host);
    for (let k = 1; k <= 8; k++) this.#colours.set(`k${k}`, style.getPropertyValue(`--k${k}`).trim());
    new ResizeObserver(() => this.#resize()).observe(host);
    this.#resize();
  }

  /** Takes the picture over and closes the one before. */
  show(picture: Picture): void {
    if (this.#picture !== picture) this.#picture?.close();
    this.#picture = picture;
    this.redraw(true);
  }

  /** Draws before the next paint; `withPicture` when the view moved. */
  redraw(withPicture = false): void {
    this.#pictureStale ||= withPicture;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (this.#pictureStale) this.#drawPicture();
      this.#pictureStale = false;
      this.#drawBoxes();
    });
  }

  #resize(): void {
    const { width, height } = this.host.getBoundingClientRect();
    if (!width || !height) return;
    this.#ratio = devicePixelRatio;
    for (const { canvas } of [this.#below, this.#above]) {
      canvas.width = Math.round(width * this.#ratio);
      canvas.height = Math.round(height * this.#ratio);
    }
    this.view.resize(width, height);
    this.onResize();
    this.redraw(true);
  }

  #drawPicture(): void {
    const context = this.#below;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#07090a";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    if (!this.#picture) return;
    this.view.apply(context, this.#ratio);
    // Single pixels are the truth when one looks this close.
    context.imageSmoothingEnabled = this.view.scale * this.#ratio < 3;
    context.imageSmoothingQuality = "high";
    const { image, width, height } = this.#picture;
    context.drawImage(image, 0, 0, width * this.whole.x, height * this.whole.y, 0, 0, this.view.width, this.view.height);
    // After the pixels, so that whoever waits for the attribute finds them.
    this.picture.dataset["frame"] = String(this.#picture.frame);
  }

  #drawBoxes(): void {
    const context = this.#above;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    const { session } = this;
    if (session.zonesShown) this.#drawZones();
    for (const [track, shape] of session.shapes()) {
      if (session.hidden.has(track.id) || track.id === session.selected) continue;
      if (!shape.outside) this.#drawTrack(track, shape, false);
    }
    const selected = session.track;
    if (selected && !session.hidden.has(selected.id)) {
      for (const [track, shape] of session.shapes()) {
        if (track.id === selected.id && !shape.outside) this.#drawTrack(track, shape, true);
      }
    }
    this.over(context);
    if (this.ghost) drawGhost(context, this.view, this.ghost);
    if (this.outline) drawOutline(context, this.view, this.outline);
    if (this.draft) this.#drawDraft(this.draft);
    else if (this.cross && session.tool === "box") this.#drawCross(this.cross);
  }

  /** The camera's zones, those of the chosen event stronger. */
  #drawZones(): void {
    const context = this.#above;
    for (const zone of this.session.zones) {
      const chosen = this.session.span?.zones.includes(zone.id) ?? false;
      context.save();
      trace(context, this.view, zone.polygon.flat());
      context.fillStyle = chosen ? "rgb(255 255 255 / .16)" : "rgb(255 255 255 / .04)";
      context.fill();
      for (const [width, colour] of [[3, "rgb(10 14 16 / .6)"], [1.25, "#fff"]] as const) {
        context.setLineDash([2, 4]);
        context.lineWidth = chosen ? width + 1 : width;
        context.strokeStyle = colour;
        context.stroke();
      }
      const { x, y } = this.view.toScreen({ x: zone.polygon[0]![0], y: zone.polygon[0]![1] });
      context.font = "500 11px Inter, system-ui, sans-serif";
      context.textBaseline = "middle";
      context.fillStyle = "rgb(10 14 16 / .75)";
      context.fillRect(x, y, context.measureText(zone.name).width + 8, 16);
      context.fillStyle = "#fff";
      context.fillText(zone.name, x + 4, y + 8);
      context.restore();
    }
  }

  #corners(geometry: readonly number[]): { x: number; y: number; width: number; height: number } {
    const [x1, y1, x2, y2] = boxOf(geometry);
    const from = this.view.toScreen({ x: x1, y: y1 });
    const to = this.view.toScreen({ x: x2, y: y2 });
    return { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y };
  }

  #drawTrack(track: Track, shape: Shape, selected: boolean): void {
    const context = this.#above;
    const colour = this.#colours.get(this.session.colourOf(track)) ?? "#4cc3ff";
    context.save();
    if (track.kind === "polygon") trace(context, this.view, shape.geometry);
    else this.#traceBox(shape.geometry);
    context.globalAlpha = selected ? 0.1 : 0.06;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    context.setLineDash(shape.occluded ? [6, 4] : []);
    context.lineWidth = 4;
    context.strokeStyle = "rgb(10 14 16 / .45)";
    context.stroke();
    context.lineWidth = selected ? 2.5 : 2;
    context.strokeStyle = colour;
    context.stroke();
    context.restore();
    this.#drawName(track, shape, colour);
    if (selected && track.kind === "box" && shape.geometry.length === 4 && this.session.editable(track)) {
      this.#drawHandles(shape.geometry, colour);
    }
    if (selected && track.kind === "polygon" && this.session.editable(track)) drawPoints(context, this.view, shape.geometry, this.session.point);
  }

  #traceBox(geometry: readonly number[]): void {
    const { x, y, width, height } = this.#corners(geometry);
    const context = this.#above;
    context.beginPath();
    if (geometry.length === 5) {
      context.translate(x + width / 2, y + height / 2);
      context.rotate((geometry[4]! * Math.PI) / 180);
      context.rect(-width / 2, -height / 2, width, height);
    } else context.rect(x, y, width, height);
  }

  /** The chip with number and label stands on a solid ground: footage is noisy. */
  #drawName(track: Track, shape: Shape, colour: string): void {
    const context = this.#above;
    const { x, y, height } = this.#corners(extent(shape.geometry, track.kind));
    const number = String(this.session.document.number(track.id));
    const name = ` ${this.session.labelOf(track)?.name.toLowerCase() ?? track.label}`;
    const family = "Inter, system-ui, sans-serif";
    context.font = `650 12px ${family}`;
    const numberWidth = context.measureText(number).width;
    context.font = `500 12px ${family}`;
    const width = numberWidth + context.measureText(name).width + (shape.keyframe ? 21 : 10);
    const top = y >= 19 ? y - 19 : y + height + 1;
    context.fillStyle = colour;
    context.fillRect(x - 1, top, width, 18);
    context.fillStyle = INK;
    context.textBaseline = "middle";
    context.font = `650 12px ${family}`;
    context.fillText(number, x + 4, top + 9.5);
    context.font = `500 12px ${family}`;
    context.fillText(name, x + 4 + numberWidth, top + 9.5);
    if (!shape.keyframe) return;
    const cx = x + width - 9;
    context.beginPath();
    context.moveTo(cx, top + 5);
    context.lineTo(cx + 4, top + 9);
    context.lineTo(cx, top + 13);
    context.lineTo(cx - 4, top + 9);
    context.fill();
  }

  #drawHandles(geometry: readonly number[], colour: string): void {
    const context = this.#above;
    context.fillStyle = "#fff";
    context.lineWidth = 1.5;
    context.strokeStyle = INK;
    for (const grip of GRIPS) {
      const { x, y } = this.view.toScreen(gripPoint(boxOf(geometry), grip));
      context.beginPath();
      context.rect(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE);
      context.fill();
      context.stroke();
    }
    context.fillStyle = colour;
  }

  #drawDraft(draft: Box): void {
    const context = this.#above;
    const { x, y, width, height } = this.#corners(draft);
    context.lineWidth = 1.5;
    context.strokeStyle = "#fff";
    context.setLineDash([5, 4]);
    context.strokeRect(x, y, width, height);
    context.setLineDash([]);
  }

  #drawCross({ x, y }: Point): void {
    const context = this.#above;
    context.lineWidth = 1;
    context.strokeStyle = "rgb(255 255 255 / .55)";
    context.beginPath();
    context.moveTo(0, y + 0.5);
    context.lineTo(context.canvas.width, y + 0.5);
    context.moveTo(x + 0.5, 0);
    context.lineTo(x + 0.5, context.canvas.height);
    context.stroke();
  }
}

/** The upright box round any shape. */
export function extent(geometry: readonly number[], kind: string): Box {
  if (kind === "box") return boxOf(geometry);
  const xs = geometry.filter((_, i) => i % 2 === 0);
  const ys = geometry.filter((_, i) => i % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
