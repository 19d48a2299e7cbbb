// Mouse, pen and finger on the picture. Everything here has a way by keyboard, in commands.ts.

import { newTrack, setGeometry, type Box } from "../labels/edits.ts";
import { shapeAt } from "../labels/interpolate.ts";
import { areaWithin, encloses, movedPoint, pointAt, pointCount, pointOnSide } from "../labels/outline.ts";
import type { Track } from "../labels/wire.ts";
import { area, boxOf, clipped, contains, drag, gripAt, THINNEST, upright, within, type Grip } from "./geometry.ts";
import { newId } from "./identity.ts";
import { outlineGrip, Outlines, type OutlineGrip } from "./outlines.ts";
import type { Kind } from "./session.ts";
import { extent, type Stage } from "./stage.ts";
import type { Point } from "./view.ts";

/** Screen pixels round a handle or an edge that still count as a hit. */
const REACH = 8;
const CURSORS: Record<Grip, string> = {
  n: "ns-resize", s: "ns-resize", e: "ew-resize", w: "ew-resize",
  ne: "nesw-resize", sw: "nesw-resize", nw: "nwse-resize", se: "nwse-resize", in: "move",
};

type Gesture =
  | { kind: "pan"; at: Point }
  | { kind: "draw"; from: Point; moved: boolean }
  | { kind: "edit"; from: Point; track: Track; grip: Grip; geometry: readonly number[]; moved: boolean }
  | { kind: "outline"; from: Point; track: Track; grip: OutlineGrip; geometry: readonly number[]; moved: boolean };
/** A double click that closed an outline is not one on the picture. */
const DOUBLE_MS = 500;

export interface PointerEvents {
  onMerge(id: string): void;
  onZoom(): void;
  onHint(text: string): void;
}

export class Pointer {
  readonly outlines: Outlines;
  #gesture: Gesture | null = null;
  #closedAt = -Infinity;

  constructor(readonly stage: Stage, readonly events: PointerEvents) {
    const { host } = stage;
    this.outlines = new Outlines(stage, events.onHint, (outline, frame) => {
      this.#closedAt = performance.now();
      this.#finish(outline, "polygon", frame);
    });
    host.addEventListener("pointerdown", (event) => this.#down(event));
    host.addEventListener("pointermove", (event) => this.#move(event));
    host.addEventListener("pointerup", (event) => this.#up(event));
    host.addEventListener("pointercancel", () => this.cancel());
    host.addEventListener("pointerleave", () => this.#leave());
    host.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    host.addEventListener("dblclick", () => {
      const { tool } = this.stage.session;
      if (tool === "polygon") this.outlines.close();
      else if (tool !== "box" && performance.now() - this.#closedAt > DOUBLE_MS) this.#fit();
    });
  }

  /** Drops what is being done; true if there was something. */
  cancel(): boolean {
    const gesture = this.#gesture;
    const { drawing } = this.outlines;
    this.#gesture = null;
    this.stage.draft = null;
    this.outlines.cancel();
    if ((gesture?.kind === "edit" || gesture?.kind === "outline") && gesture.moved) this.stage.session.document.undo();
    return drawing || (gesture !== null && gesture.kind !== "pan");
  }

  #fit(): void {
    this.stage.view.fit();
    this.stage.redraw(true);
    this.events.onZoom();
  }

  #at(event: MouseEvent): Point {
    const { left, top } = this.stage.host.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event: PointerEvent): void {
    if (event.target instanceof Element && event.target.closest("button, a, input, .note")) return;
    const { session, view, host } = this.stage;
    const at = this.#at(event);
    host.focus({ preventScroll: true });
    if (this.#gesture?.kind === "draw") return;
    host.setPointerCapture(event.pointerId);
    if (event.button === 1 || session.tool === "pan") {
      event.preventDefault();
      this.#gesture = { kind: "pan", at };
      return;
    }
    if (event.button !== 0) return;
    const point = view.toSource(at);
    if (session.tool === "polygon" && !session.readOnly) this.outlines.click(point, REACH / view.scale);
    else if (session.tool === "box" && !session.readOnly) this.#gesture = { kind: "draw", from: point, moved: false };
    else this.#pick(point);
  }

  #pick(point: Point): void {
    const { session, view } = this.stage;
    const reach = REACH / view.scale;
    const track = this.#gripped(point, reach) ?? this.#under(point, reach);
    if (session.tool === "merge") {
      if (track) this.events.onMerge(track.id);
      return;
    }
    session.select(track?.id ?? null);
    const shape = track && shapeAt(track, session.frame);
    if (!track || !shape || !session.editable(track)) return;
    if (track.kind === "polygon") return this.#grip(track, shape.geometry, point, reach);
    const grip = shape.geometry.length === 4 ? gripAt(boxOf(shape.geometry), point, reach) : "in";
    if (grip) this.#gesture = { kind: "edit", from: point, track, grip, geometry: shape.geometry, moved: false };
  }

  #grip(track: Track, outline: readonly number[], point: Point, reach: number): void {
    const { session } = this.stage;
    const grip = outlineGrip(outline, point, reach, encloses(outline, point.x, point.y));
    session.point = grip?.kind === "point" ? grip.at : null;
    if (grip) this.#gesture = { kind: "outline", from: point, track, grip, geometry: outline, moved: false };
    session.changed();
  }

  /** The selected track when the pointer is on it: it stays on top of whatever overlaps it. */
  #gripped(point: Point, reach: number): Track | undefined {
    const { session } = this.stage;
    const track = session.track;
    const shape = track && shapeAt(track, session.frame);
    if (!track || !shape || shape.outside || session.hidden.has(track.id)) return undefined;
    const held = track.kind === "polygon" ? outlineGrip(shape.geometry, point, reach, encloses(shape.geometry, point.x, point.y)) : gripAt(extent(shape.geometry, track.kind), point, reach);
    return held ? track : undefined;
  }

  /** The smallest shape under the point: a person before the bus behind. */
  #under(point: Point, reach: number): Track | undefined {
    const { session } = this.stage;
    let best: Track | undefined;
    let least = Infinity;
    for (const [track, shape] of session.shapes()) {
      if (shape.outside || session.hidden.has(track.id)) continue;
      const box = extent(shape.geometry, track.kind);
      const polygon = track.kind === "polygon";
      const size = polygon ? areaWithin(shape.geometry) : area(box);
      if (size >= least || !contains(box, point, reach / 2)) continue;
      if (polygon && !outlineGrip(shape.geometry, point, reach, encloses(shape.geometry, point.x, point.y))) continue;
      best = track;
      least = size;
    }
    return best;
  }

  #move(event: PointerEvent): void {
    const { view } = this.stage;
    const at = this.#at(event);
    const point = view.toSource(at);
    const gesture = this.#gesture;
    if (!gesture) this.#hover(at, point);
    else if (gesture.kind === "pan") {
      view.pan(at.x - gesture.at.x, at.y - gesture.at.y);
      gesture.at = at;
      this.stage.redraw(true);
    } else if (gesture.kind === "draw") {
      gesture.moved ||= distance(view.toScreen(gesture.from), at) > 4;
      this.stage.draft = this.#drawn(gesture.from, point);
      this.stage.redraw();
    } else if (gesture.kind === "outline") this.#editOutline(gesture, point);
    else this.#edit(gesture, point);
  }

  #editOutline(gesture: Extract<Gesture, { kind: "outline" }>, point: Point): void {
    const { session, view } = this.stage;
    const dx = point.x - gesture.from.x;
    const dy = point.y - gesture.from.y;
    if (!gesture.moved && Math.hypot(dx, dy) * view.scale < 3) return;
    if (gesture.grip.kind === "side") this.#pullOut(gesture, gesture.grip.place);
    const { grip, geometry, track } = gesture;
    if (grip.kind === "point") {
      const x = Math.min(view.width, Math.max(0, geometry[grip.at * 2]! + dx));
      const y = Math.min(view.height, Math.max(0, geometry[grip.at * 2 + 1]! + dy));
      session.point = grip.at;
      gesture.moved = this.outlines.move(track, movedPoint(geometry, grip.at, x, y), `point ${grip.at + 1}`, gesture.moved) || gesture.moved;
    } else {
      const [left, top] = extent(geometry, "polygon");
      const [x, y] = within(drag(extent(geometry, "polygon"), "in", dx, dy), view.width, view.height);
      const moved = geometry.map((value, i) => value + (i % 2 ? y - top : x - left));
      gesture.moved = this.outlines.move(track, moved, "place", gesture.moved) || gesture.moved;
    }
  }

  /** A drag from a side pulls a new point out of it. */
  #pullOut(gesture: Extract<Gesture, { kind: "outline" }>, place: { at: number; share: number }): void {
    const [x, y] = pointAt(gesture.geometry, place);
    gesture.track = pointOnSide(gesture.track, pointCount(gesture.geometry), place);
    gesture.geometry = [...gesture.geometry.slice(0, (place.at + 1) * 2), x, y, ...gesture.geometry.slice((place.at + 1) * 2)];
    gesture.grip = { kind: "point", at: place.at + 1 };
    this.stage.ghost = null;
  }

  #edit(gesture: Extract<Gesture, { kind: "edit" }>, point: Point): void {
    const { session, view } = this.stage;
    const dx = point.x - gesture.from.x;
    const dy = point.y - gesture.from.y;
    if (!gesture.moved && Math.hypot(dx, dy) * view.scale < 3) return;
    const moved = within(drag(boxOf(gesture.geometry), gesture.grip, dx, dy), view.width, view.height);
    const geometry = [...moved, ...gesture.geometry.slice(4)];
    const name = gesture.grip === "in" ? "move" : "resize";
    const track = setGeometry(gesture.track, session.frame, geometry);
    // The first movement is a step of its own; the rest of the gesture melts into it.
    session.document.apply(`${name} ${session.nameOf(track)}`, [[track.id, track]], gesture.moved);
    gesture.moved = true;
  }

  #up(event: PointerEvent): void {
    const gesture = this.#gesture;
    if (!gesture) return;
    if (gesture.kind !== "draw") {
      this.#gesture = null;
      if (gesture.kind === "outline") {
        this.stage.outline = null;
        this.stage.redraw();
      }
      return;
    }
    const point = this.stage.view.toSource(this.#at(event));
    // Click, move, click draws as well as a drag does.
    if (!gesture.moved) {
      gesture.moved = true;
      return;
    }
    this.#gesture = null;
    this.stage.draft = null;
    this.draw(this.#drawn(gesture.from, point));
  }

  #drawn(from: Point, to: Point): Box {
    const { width, height } = this.stage.view;
    return clipped(upright([from.x, from.y, to.x, to.y]), width, height);
  }

  /** Makes a track of a box drawn here. */
  draw(box: Box): void {
    this.stage.redraw();
    if (box[2] - box[0] < THINNEST || box[3] - box[1] < THINNEST) return;
    this.#finish(box, "box", this.stage.session.frame);
  }

  /** Gives the drawn shape to the selected object where that is asked for, else to a new one. */
  #finish(geometry: readonly number[], kind: Kind, frame: number): void {
    const { session } = this.stage;
    const old = session.redrawing && session.track?.kind === kind ? session.track : undefined;
    const track = old ? setGeometry(old, frame, geometry) : newTrack(newId(), session.label, frame, geometry, kind);
    session.tool = "select";
    session.redrawing = false;
    session.point = null;
    session.document.apply(`draw ${old ? session.nameOf(old) : session.label.name.toLowerCase()}`, [[track.id, track]]);
    session.select(track.id);
  }

  #hover(at: Point, point: Point): void {
    const { session, host, view } = this.stage;
    this.stage.cross = at;
    let cursor = "";
    const track = session.track;
    const shape = track && shapeAt(track, session.frame);
    if (session.tool === "select" && track && shape && !shape.outside && session.editable(track) && shape.geometry.length === 4) {
      const grip = gripAt(boxOf(shape.geometry), point, REACH / view.scale);
      if (grip) cursor = CURSORS[grip];
    }
    const before = this.stage.ghost;
    this.stage.ghost = null;
    if (session.tool === "select" && track?.kind === "polygon" && shape && !shape.outside && session.editable(track)) {
      const grip = outlineGrip(shape.geometry, point, REACH / view.scale, encloses(shape.geometry, point.x, point.y));
      if (grip) cursor = grip.kind === "side" ? "copy" : "move";
      if (grip?.kind === "side") {
        const [x, y] = pointAt(shape.geometry, grip.place);
        this.stage.ghost = { x, y };
      }
    }
    host.style.cursor = cursor;
    if (session.tool === "polygon") this.outlines.hover(point);
    else if (session.tool === "box" || before || this.stage.ghost) this.stage.redraw();
  }

  #leave(): void {
    this.stage.cross = null;
    this.stage.ghost = null;
    if (this.outlines.drawing) this.outlines.hover(null);
    this.stage.redraw();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    if (event.shiftKey) {
      // Browsers turn the wheel by themselves with Shift held, or do not.
      this.stage.view.pan(-(event.deltaX || event.deltaY) * lines, 0);
      return this.stage.redraw(true);
    }
    this.stage.view.zoom(Math.exp(-event.deltaY * lines * 0.0016), this.#at(event));
    this.stage.redraw(true);
    this.events.onZoom();
  }
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
