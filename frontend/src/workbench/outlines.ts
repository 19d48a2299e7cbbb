// Polygons under the pointer and the keyboard: an outline while it is drawn, and the points of one
// that is there. An outline that would meet itself is shown, and not taken.

import { setGeometry } from "../labels/edits.ts";
import { shapeAt } from "../labels/interpolate.ts";
import { areaWithin, crosses, LEAST_POINTS, MOST_POINTS, movedPoint, pointAt, pointCount, pointNear, pointOnSide, round, sideNear, withoutPoint, withPoint, type Place } from "../labels/outline.ts";
import type { Track } from "../labels/wire.ts";
import { plural } from "./dom.ts";
import { THINNEST } from "./geometry.ts";
import type { Stage } from "./stage.ts";
import type { Point } from "./view.ts";

/** What is held of a polygon. */
export type OutlineGrip = { kind: "point"; at: number } | { kind: "side"; place: Place } | { kind: "in" };

const CROSSING = "The outline can’t cross or touch itself";

export class Outlines {
  /** The frame on which the outline was begun. */
  #frame = 0;
  #points: number[] = [];

  constructor(readonly stage: Stage, readonly say: (text: string) => void, readonly finish: (outline: readonly number[], frame: number) => void) {}

  get drawing(): boolean {
    return this.#points.length > 0;
  }

  /** Sets a point; on the first one it closes. `reach` in source pixels. */
  click(point: Point, reach: number): void {
    const { width, height } = this.stage.view;
    const [x, y] = [round(Math.min(width, Math.max(0, point.x))), round(Math.min(height, Math.max(0, point.y)))];
    const edge = x !== round(point.x) || y !== round(point.y);
    if (!this.drawing) this.#frame = this.stage.session.frame;
    const near = pointNear(this.#points, x, y, reach);
    if (near === 0 && pointCount(this.#points) >= LEAST_POINTS) return this.close();
    // The second click of a double one: the point is there already.
    if (near !== null && near === pointCount(this.#points) - 1) return;
    const points = [...this.#points, x, y];
    if (pointCount(points) > MOST_POINTS) return this.say(`An outline has at most ${MOST_POINTS} points: close it with ⏎.`);
    if (crosses(points, true)) return this.say(`${CROSSING}: set this point elsewhere, or take the last one back with ⌫.`);
    this.#points = points;
    this.hover(null);
    if (edge) this.say("That is outside the picture: the point is on its edge.");
    else this.say(this.advice());
  }

  advice(): string {
    const missing = LEAST_POINTS - pointCount(this.#points);
    if (missing > 0) return `${plural(missing, "point")} more at least. ⌫ takes one back, Esc drops the outline.`;
    return `${plural(pointCount(this.#points), "point")}. ⏎, a double click or the first point closes it; ⌫ takes one back, Esc drops it.`;
  }

  /** The line to the pointer follows it. */
  hover(point: Point | null): void {
    this.stage.outline = this.drawing ? { points: this.#points, cursor: point, wrong: point !== null && crosses([...this.#points, point.x, point.y], true), open: true } : null;
    this.stage.redraw();
  }

  back(): void {
    this.#points = this.#points.slice(0, -2);
    this.hover(null);
    this.say(this.drawing ? this.advice() : "");
  }

  cancel(): void {
    this.#points = [];
    this.stage.outline = null;
    this.stage.redraw();
  }

  close(): void {
    const points = this.#points;
    if (pointCount(points) < LEAST_POINTS) return this.say(`An outline has ${LEAST_POINTS} points or more: ${plural(LEAST_POINTS - pointCount(points), "point")} more.`);
    if (crosses(points)) return this.say(`${CROSSING}: the line back to the first point would. Set another point, or take the last one back with ⌫.`);
    if (areaWithin(points) < THINNEST ** 2) return this.say("The outline is too thin to be seen: set its points farther apart.");
    this.cancel();
    this.finish(points, this.#frame);
  }

  /** Takes a movement of the gesture, or shows why not; true when the labels have it. */
  move(track: Track, outline: readonly number[], name: string, melt: boolean): boolean {
    const { session } = this.stage;
    const rounded = outline.map(round);
    const wrong = crosses(rounded);
    this.stage.outline = wrong ? { points: rounded, cursor: null, wrong, open: false } : null;
    this.stage.redraw();
    if (wrong) {
      this.say(`${CROSSING}: the point stays at the last place where it does not.`);
      return false;
    }
    session.document.apply(`${name} of ${session.nameOf(track)}`, [[track.id, setGeometry(track, session.frame, rounded)]], melt);
    return true;
  }

  /** The chosen point, where the selected polygon has one on this frame. */
  get chosen(): { track: Track; outline: readonly number[]; at: number } | null {
    const { session } = this.stage;
    const { track, point } = session;
    const shape = track && shapeAt(track, session.frame);
    if (!track || !shape || shape.outside || track.kind !== "polygon" || point === null || point >= pointCount(shape.geometry)) return null;
    return { track, outline: shape.geometry, at: point };
  }

  nudge(dx: number, dy: number): boolean {
    const chosen = this.chosen;
    if (!chosen) return false;
    const { track, outline, at } = chosen;
    this.move(track, movedPoint(outline, at, outline[at * 2]! + dx, outline[at * 2 + 1]! + dy), `point ${at + 1}`, true);
    return true;
  }

  /** Takes the chosen point away; false when none is chosen. */
  remove(): boolean {
    const chosen = this.chosen;
    if (!chosen) return false;
    const { track, outline, at } = chosen;
    if (pointCount(outline) <= LEAST_POINTS) this.say(`An outline keeps ${LEAST_POINTS} points. Esc lets go of the point; then Del deletes the object.`);
    else if (crosses(withoutPoint(outline, at))) this.say(`${CROSSING}: without this point it would.`);
    else {
      this.stage.session.point = null;
      this.move(track, withoutPoint(outline, at), `delete point ${at + 1}`, false);
    }
    return true;
  }

  /** Puts a point half-way between the chosen point and the next. */
  insert(): void {
    const chosen = this.chosen;
    if (!chosen) return this.say("Choose a point of a polygon first, with . or a click.");
    const { session } = this.stage;
    const { track, outline, at } = chosen;
    const place = { at, share: 0.5 };
    const [x, y] = pointAt(outline, place);
    session.point = at + 1;
    this.move(pointOnSide(track, pointCount(outline), place), withPoint(outline, at + 1, x, y), "point", false);
  }

  step(by: 1 | -1): void {
    const { session } = this.stage;
    const shape = session.track && shapeAt(session.track, session.frame);
    if (!shape || shape.outside || session.track?.kind !== "polygon") return;
    const points = pointCount(shape.geometry);
    session.point = session.point === null ? (by > 0 ? 0 : points - 1) : (session.point + by + points) % points;
    session.changed();
  }
}

/** What of the outline is at the place, its points before its sides; null beside it. */
export function outlineGrip(outline: readonly number[], { x, y }: Point, reach: number, encloses: boolean): OutlineGrip | null {
  const at = pointNear(outline, x, y, reach);
  if (at !== null) return { kind: "point", at };
  const place = sideNear(outline, x, y, reach / 2);
  if (place) return { kind: "side", place };
  return encloses ? { kind: "in" } : null;
}
