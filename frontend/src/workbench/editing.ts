// The commands of frames, boxes, flags and view. The mouse goes through pointer.ts.

import { merge, neighbour, setFlag, setGeometry, split, toggleKeyframe } from "../labels/edits.ts";
import { withoutTrack } from "../labels/spans.ts";
import { shapeAt } from "../labels/interpolate.ts";
import { OCCLUDED, OUTSIDE, type Track } from "../labels/wire.ts";
import { keyName, type Command } from "./commands.ts";
import { count, must } from "./dom.ts";
import { boxOf, drag, upright, within, type Grip } from "./geometry.ts";
import { eventCommands } from "./events.ts";
import { newId } from "./identity.ts";
import { extent } from "./stage.ts";
import type { Outlines } from "./outlines.ts";
import type { Kind, Session } from "./session.ts";
import type { Workbench } from "./workbench.ts";

/** Frames of a long step, as in CVAT. */
const STRIDE = 10;

export function editing(workbench: Workbench): Command[] {
  return [...frames(workbench), ...boxes(workbench), ...eventCommands(workbench), ...nudges(workbench), ...flags(workbench), ...values(workbench), ...view(workbench)];
}

/** Runs an edit on the selected track if it may be edited. */
function onTrack(workbench: Workbench, edit: (track: Track) => void): () => void {
  return () => {
    const track = workbench.session.track;
    if (track && workbench.session.editable(track)) edit(track);
  };
}

function frames({ player, session }: Workbench): Command[] {
  const group = "Frames";
  const step = (by: number) => () => {
    player.pause();
    player.seek(player.frame + by);
  };
  const keyframe = (direction: -1 | 1) => () => {
    if (session.span) {
      player.pause();
      return player.seek(direction > 0 ? session.span.end : session.span.start);
    }
    const tracks = session.track ? [session.track] : [...session.document.tracks];
    const found = tracks.map((track) => neighbour(track, player.frame, direction)).filter((frame) => frame !== null);
    player.pause();
    if (found.length) player.seek(direction > 0 ? Math.min(...found) : Math.max(...found));
  };
  return [
    { id: "play", title: "Play or pause", group, keys: [" "], looking: true, run: () => player.toggle() },
    { id: "back", title: "Frame back", group, keys: ["d"], looking: true, run: step(-1) },
    { id: "forward", title: "Frame forward", group, keys: ["f"], looking: true, run: step(1) },
    { id: "back-far", title: `${STRIDE} frames back`, group, keys: ["c"], looking: true, run: step(-STRIDE) },
    { id: "forward-far", title: `${STRIDE} frames forward`, group, keys: ["v"], looking: true, run: step(STRIDE) },
    { id: "keyframe-back", title: "Keyframe before", group, keys: ["e"], looking: true, run: keyframe(-1) },
    { id: "keyframe-forward", title: "Keyframe after", group, keys: ["r"], looking: true, run: keyframe(1) },
    { id: "first", title: "First frame", group, keys: ["home"], looking: true, run: () => player.seek(session.first) },
    { id: "last", title: "Last frame", group, keys: ["end"], looking: true, run: () => player.seek(session.last) },
    { id: "go-to", title: "Go to a frame", group, keys: ["`"], looking: true, run: () => document.getElementById("frame")?.focus() },
  ];
}

function boxes(workbench: Workbench): Command[] {
  const { session } = workbench;
  const group = "Objects";
  const outlines = (): Outlines => workbench.pointer.outlines;
  workbench.merge = (id) => joinWith(workbench, id);
  return [
    { id: "select", title: "Select", group, keys: ["escape"], looking: true, run: () => {
      if (workbench.pointer.cancel()) return session.changed();
      if (session.point !== null) {
        session.point = null;
        session.changed();
      } else if (session.tool !== "select") session.use("select");
      else if (session.running) {
        session.running = null;
        session.changed();
      } else session.select(null);
    } },
    { id: "draw", title: "Draw as the last time", group, keys: ["n"], run: () => session.draw(session.kind) },
    { id: "redraw", title: "Draw the selected object anew on this frame", group, keys: ["shift+n"], run: onTrack(workbench, (track) => session.redraw(track)) },
    { id: "box", title: "Box", group, keys: ["b"], run: () => drawn(workbench, "box") },
    { id: "polygon", title: "Polygon", group, keys: ["p"], run: () => drawn(workbench, "polygon") },
    { id: "place", title: "Close the outline; put a shape in the middle", group, keys: ["enter"], run: () => place(workbench) },
    { id: "point-next", title: "Next point of a polygon", group, keys: ["."], looking: true, run: () => outlines().step(1) },
    { id: "point-previous", title: "Point before", group, keys: [","], looking: true, run: () => outlines().step(-1) },
    { id: "point-add", title: "New point after the chosen one", group, keys: ["i"], run: onTrack(workbench, () => outlines().insert()) },
    { id: "propagate", title: "Keep this shape on the next frames", group, keys: ["ctrl+b"], run: () => workbench.propagate.open() },
    { id: "next", title: "Next object", group, keys: ["tab"], looking: true, run: () => walk(workbench, 1) },
    { id: "previous", title: "Object before", group, keys: ["shift+tab"], looking: true, run: () => walk(workbench, -1) },
    { id: "merge", title: "Merge with another track", group, keys: ["m"], run: onTrack(workbench, () => session.use("merge")) },
    { id: "split", title: "Split here", group, keys: ["alt+m"], run: onTrack(workbench, (track) => {
      const parts = split(track, session.frame, newId());
      if (!parts) return workbench.hint(`${session.nameOf(track)} begins here: go to a later frame to split it.`);
      session.document.apply(`split ${session.nameOf(track)}`, parts.map((part) => [part.id, part] as const));
      session.select(parts[1].id);
    }) },
    { id: "delete", title: "Delete the chosen point, the track or the event", group, keys: ["delete", "backspace"], run: () => {
      if (outlines().drawing) outlines().back();
      else remove(workbench);
    } },
    { id: "undo", title: "Undo", group, keys: ["ctrl+z"], run: () => said(workbench, "Undone", session.document.undo()) },
    { id: "redo", title: "Redo", group, keys: ["ctrl+y", "ctrl+shift+z"], run: () => said(workbench, "Done again", session.document.redo()) },
  ];
}

/** Deletes what is chosen. A track leaves the events that it takes part in, in the same step. */
function remove(workbench: Workbench): void {
  const { session } = workbench;
  const { span, track } = session;
  if (span && !session.readOnly) {
    const name = session.nameOfSpan(span);
    session.document.apply(`delete ${name}`, [[span.id, null]]);
    workbench.hint(`Deleted ${name}. Ctrl Z brings it back.`);
  } else if (track && session.editable(track)) {
    if (workbench.pointer.outlines.remove()) return;
    const name = session.nameOf(track);
    session.document.apply(`delete ${name}`, [[track.id, null], ...withoutTrack(session.document.spans, track.id)]);
    workbench.hint(`Deleted ${name} on all frames. Ctrl Z brings it back.`);
  }
}

function said(workbench: Workbench, word: string, name: string | null): void {
  if (name) workbench.hint(`${word}: ${name}.`);
}

function joinWith({ session }: Workbench, id: string): void {
  const track = session.track;
  const other = session.document.get(id);
  session.use("select");
  if (!track || !other || other.id === track.id || !session.editable(track) || other.kind !== track.kind) return;
  session.document.apply(`merge ${session.nameOf(track)} and ${session.document.number(other.id)}`, [[track.id, merge(track, other)], [other.id, null], ...withoutTrack(session.document.spans, other.id, track, session.ontology.events)]);
}

function drawn({ session, hint }: { session: Session; hint: (text: string) => void }, kind: Kind): void {
  session.draw(kind);
  if (session.tool !== kind) hint(`No label of this project is drawn as a ${kind}.`);
}

/** ⏎ closes the outline that is drawn, or puts a shape where it can be moved by the arrows. */
function place(workbench: Workbench): void {
  const { session, pointer } = workbench;
  const { outlines } = pointer;
  if (session.tool === "box") pointer.draw(middle(workbench));
  if (session.tool !== "polygon") return;
  if (!outlines.drawing) {
    const [x1, y1, x2, y2] = middle(workbench);
    for (const [x, y] of [[x1, y1], [x2, y1], [x2, y2], [x1, y2]] as const) outlines.click({ x, y }, 0);
  }
  outlines.close();
}

/** A box of a size that can be seen, in the middle of what is shown. */
function middle({ stage }: Workbench): readonly [number, number, number, number] {
  const { view } = stage;
  const at = view.centre();
  const half = Math.min(view.width, view.height) / 12;
  const x = Math.min(view.width - half, Math.max(half, at.x));
  const y = Math.min(view.height - half, Math.max(half, at.y));
  return [x - half, y - half, x + half, y + half];
}

/** Next or previous object on this frame, by number; with merge chosen it is the one to merge with. */
function walk({ session, stage }: Workbench, by: 1 | -1): void {
  const ids = [...session.shapes()].filter(([track, shape]) => !shape.outside && !session.hidden.has(track.id)).map(([track]) => track.id);
  if (!ids.length) return;
  ids.sort((a, b) => session.document.number(a) - session.document.number(b));
  const now = session.selected === null ? -1 : ids.indexOf(session.selected);
  session.select(ids[(now + by + ids.length + (now < 0 && by < 0 ? 1 : 0)) % ids.length]!);
  stage.host.focus({ preventScroll: true });
}

const ARROWS: readonly [string, number, number][] = [
  ["arrowleft", -1, 0], ["arrowright", 1, 0], ["arrowup", 0, -1], ["arrowdown", 0, 1],
];

/** Arrows move the box 1 px, with Shift 10; Alt moves its right and lower sides instead. */
function nudges(workbench: Workbench): Command[] {
  const commands: Command[] = [];
  for (const [arrow, x, y] of ARROWS) {
    for (const [prefix, by, resize] of [["", 1, false], ["shift+", 10, false], ["alt+", 1, true], ["alt+shift+", 10, true]] as const) {
      commands.push({ id: `nudge-${prefix}${arrow}`, ...nudgeText(prefix, arrow), group: "Objects", keys: [prefix + arrow], run: () => {
        if (workbench.session.track) onTrack(workbench, (track) => nudge(workbench, track, x * by, y * by, resize))();
        else panned(workbench, x * by * 40, y * by * 40);
      } });
    }
  }
  return commands;
}

/** Moves what is seen of the picture, in screen pixels. */
function panned({ stage }: Workbench, dx: number, dy: number): void {
  stage.view.pan(-dx, -dy);
  stage.redraw(true);
}

/** One line in the key sheet for each kind of nudge. */
function nudgeText(prefix: string, arrow: string): { title: string; shown: string[] } {
  const titles: Record<string, string> = { "": "Move 1 px", "shift+": "Move 10 px", "alt+": "Resize 1 px", "alt+shift+": "Resize 10 px" };
  return { title: titles[prefix]!, shown: arrow === "arrowleft" ? [`${keyName(`${prefix}x`).slice(0, -1)}arrows`] : [] };
}

function nudge({ session, stage, pointer }: Workbench, track: Track, dx: number, dy: number, resize: boolean): void {
  const shape = shapeAt(track, session.frame);
  if (!shape || pointer.outlines.nudge(dx, dy)) return;
  if (track.kind === "polygon") {
    const [left, top] = extent(shape.geometry, track.kind);
    const [x, y] = within(drag(extent(shape.geometry, track.kind), "in", dx, dy), stage.view.width, stage.view.height);
    if (!resize) pointer.outlines.move(track, shape.geometry.map((value, i) => value + (i % 2 ? y - top : x - left)), "place", true);
    return;
  }
  const grip: Grip = resize ? "se" : "in";
  const { width, height } = stage.view;
  const [x1, y1, x2, y2] = boxOf(shape.geometry);
  // A side pulled past its opposite stops there, rather than turn the box over.
  const box = resize ? upright([x1, y1, Math.max(x1, x2 + dx), Math.max(y1, y2 + dy)]) : within(drag([x1, y1, x2, y2], grip, dx, dy), width, height);
  const moved = setGeometry(track, session.frame, [...box, ...shape.geometry.slice(4)]);
  session.document.apply(`${resize ? "resize" : "move"} ${session.nameOf(track)} at ${count(session.frame)}`, [[track.id, moved]], true);
}

function flags(workbench: Workbench): Command[] {
  const { session } = workbench;
  const group = "Flags and attributes";
  const flag = (bit: number, word: string) => onTrack(workbench, (track) => {
    const left = shapeAt(track, session.frame);
    if (!left) return;
    const on = !(bit === OUTSIDE ? left.outside : left.occluded);
    session.document.apply(`${word} of ${session.nameOf(track)}`, [[track.id, setFlag(track, session.frame, bit, on)]]);
  });
  const flip = (set: Set<string>) => () => {
    const id = session.selected;
    if (id === null) return;
    if (!set.delete(id)) set.add(id);
    session.changed();
  };
  return [
    { id: "keyframe", title: "Keyframe on or off", group, keys: ["k"], run: onTrack(workbench, (track) => void session.document.apply(`keyframe of ${session.nameOf(track)}`, [[track.id, toggleKeyframe(track, session.frame)]])) },
    { id: "outside", title: "Outside on or off", group, keys: ["o"], run: flag(OUTSIDE, "outside") },
    { id: "occluded", title: "Occluded on or off", group, keys: ["q"], run: flag(OCCLUDED, "occluded") },
    { id: "lock", title: "Lock or unlock", group, keys: ["l"], looking: true, run: flip(session.locked) },
    { id: "lock-all", title: "Lock or unlock all", group, keys: ["shift+l"], looking: true, run: () => all(session, session.locked, null) },
    { id: "hide", title: "Hide or show", group, keys: ["h"], looking: true, run: flip(session.hidden) },
    { id: "hide-all", title: "Hide or show all others", group, keys: ["shift+h"], looking: true, run: () => all(session, session.hidden, session.selected) },
  ];
}

/** Takes all tracks but one into a set, or all out when they are in it already. */
function all(session: Session, set: Set<string>, but: string | null): void {
  const ids = [...session.document.tracks].map((track) => track.id).filter((id) => id !== but);
  if (ids.every((id) => set.has(id))) set.clear();
  else for (const id of ids) set.add(id);
  session.changed();
}

/** 1 to 9 choose: the next object's label with nothing selected, else the first attribute's value; with
 * Shift the second attribute's. */
function values(workbench: Workbench): Command[] {
  const commands: Command[] = [];
  for (let digit = 1; digit <= 9; digit++) {
    for (const [prefix, group] of [["", 0], ["shift+", 1]] as const) {
      const first = digit === 1;
      commands.push({ id: `value-${prefix}${digit}`, title: group ? "Second attribute" : "First attribute, or label of the next object", group: "Flags and attributes", keys: [`${prefix}${digit}`], shown: first ? [group ? "⇧ 1–9" : "1–9"] : [], run: () => choose(workbench, group, digit - 1) });
    }
  }
  return commands;
}

function choose({ session, panels }: Workbench, group: 0 | 1, position: number): void {
  const track = session.track;
  if (!track) {
    const label = session.labels.find((one) => session.digitOf(one) === position + 1);
    if (!label || group) return;
    session.choose(label);
    if (session.tool === "box" || session.tool === "polygon") session.tool = session.kind;
    session.changed();
    return;
  }
  const spec = (session.labelOf(track)?.attributes ?? []).filter((one) => one.type === "select")[group];
  const value = spec?.values?.[position];
  if (spec && value !== undefined) panels.write(track.id, spec, value);
}

function view(workbench: Workbench): Command[] {
  const { session, stage, timeline } = workbench;
  const group = "View";
  const looked = (change: () => void) => () => {
    change();
    stage.redraw(true);
    workbench.showZoom();
  };
  return [
    { id: "pan", title: "Pan", group, keys: ["g"], looking: true, run: () => session.use("pan") },
    ...ARROWS.map(([arrow, x, y]): Command => ({ id: `pan-${arrow}`, title: "Move over the picture", group, keys: [`ctrl+${arrow}`], shown: arrow === "arrowleft" ? ["Ctrl arrows"] : [], looking: true, run: () => panned(workbench, x * 80, y * 80) })),
    { id: "zoom-in", title: "Closer", group, keys: ["+", "="], shown: ["+"], looking: true, run: looked(() => stage.view.zoom(1.25)) },
    { id: "zoom-out", title: "Farther", group, keys: ["-"], looking: true, run: looked(() => stage.view.zoom(0.8)) },
    { id: "fit", title: "Whole picture", group, keys: ["0"], looking: true, run: looked(() => stage.view.fit()) },
    { id: "focus", title: "Close to the selected object", group, keys: ["z"], looking: true, run: looked(() => {
      const track = session.track;
      const shape = track && shapeAt(track, session.frame);
      if (track && shape) stage.view.focus(extent(shape.geometry, track.kind));
    }) },
    { id: "fit-task", title: "Whole task on the timeline", group, keys: [], looking: true, run: () => timeline.fit() },
    { id: "timeline-in", title: "Timeline closer", group, keys: [], looking: true, run: () => timeline.zoom(0.5) },
    { id: "timeline-out", title: "Timeline farther", group, keys: [], looking: true, run: () => timeline.zoom(2) },
    { id: "speed", title: "Speed of playing", group, keys: ["s"], looking: true, run: () => {
      must("speed").textContent = `${workbench.player.nextSpeed()}×`;
    } },
  ];
}
