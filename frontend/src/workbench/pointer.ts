// Mouse, pen and finger on the picture. Everything here has a way by keyboard, in commands.ts.

import { newTrack, setGeometry, type Box } from "../labels/edits.ts";
import { shapeAt } from "../labels/interpolate.ts";
import type { Track } from "../labels/wire.ts";
import { area, boxOf, clipped, contains, drag, gripAt, THINNEST, upright, within, type Grip } from "./geometry.ts";
import { newId } from "./identity.ts";
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
  | { kind: "edit"; from: Point; track: Track; grip: Grip; geometry: readonly number[]; moved: boolean };

export interface PointerEvents {
  onMerge(id: string): void;
  onZoom(): void;
}

export class Pointer {
  #gesture: Gesture | null = null;

  constructor(readonly stage: Stage, readonly events: PointerEvents) {
    const { host } = stage;
    host.addEventListener("pointerdown", (event) => this.#down(event));
    host.addEventListener("pointermove", (event) => this.#move(event));
    host.addEventListener("pointerup", (event) => this.#up(event));
    host.addEventListener("pointercancel", () => this.cancel());
    host.addEventListener("pointerleave", () => this.#leave());
    host.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    host.addEventListener("dblclick", () => {
      if (this.stage.session.tool !== "box") this.#fit();
    });
  }

  /** Drops what is being done; true if there was something. */
  cancel(): boolean {
    const gesture = this.#gesture;
    this.#gesture = null;
    this.stage.draft = null;
    if (gesture?.kind === "edit" && gesture.moved) this.stage.session.document.undo();
    this.stage.redraw();
    return gesture !== null && gesture.kind !== "pan";
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
    if (session.tool === "box" && !session.readOnly) this.#gesture = { kind: "draw", from: point, moved: false };
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
    if (!track || !shape || !session.editable(track) || track.kind !== "box") return;
    const grip = shape.geometry.length === 4 ? gripAt(boxOf(shape.geometry), point, reach) : "in";
    if (grip) this.#gesture = { kind: "edit", from: point, track, grip, geometry: shape.geometry, moved: false };
  }

  /** The selected track when the pointer is on it: it stays on top of whatever overlaps it. */
  #gripped(point: Point, reach: number): Track | undefined {
    const { session } = this.stage;
    const track = session.track;
    const shape = track && shapeAt(track, session.frame);
    if (!track || !shape || shape.outside || session.hidden.has(track.id)) return undefined;
    return gripAt(extent(shape.geometry, track.kind), point, reach) ? track : undefined;
  }

  /** The smallest shape under the point: a person before the bus behind. */
  #under(point: Point, reach: number): Track | undefined {
    const { session } = this.stage;
    let best: Track | undefined;
    let least = Infinity;
    for (const [track, shape] of session.shapes()) {
      if (shape.outside || session.hidden.has(track.id)) continue;
      const box = extent(shape.geometry, track.kind);
      if (contains(box, point, reach / 2) && area(box) < least) {
        best = track;
        least = area(box);
      }
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
    } else this.#edit(gesture, point);
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
    const { session } = this.stage;
    this.stage.redraw();
    if (box[2] - box[0] < THINNEST || box[3] - box[1] < THINNEST) return;
    const track = newTrack(newId(), session.label, session.frame, box);
    session.tool = "select";
    session.document.apply(`draw ${session.label.name.toLowerCase()}`, [[track.id, track]]);
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
    host.style.cursor = cursor;
    if (session.tool === "box") this.stage.redraw();
  }

  #leave(): void {
    this.stage.cross = null;
    this.stage.redraw();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    this.stage.view.zoom(Math.exp(-event.deltaY * lines * 0.0016), this.#at(event));
    this.stage.redraw(true);
    this.events.onZoom();
  }
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
