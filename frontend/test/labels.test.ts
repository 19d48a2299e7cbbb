import assert from "node:assert/strict";
import { test } from "node:test";
import outlines from "../../tests/fixtures/outlines.json";
import vectors from "../../tests/fixtures/interpolation.json";
import { LabelDocument } from "../src/labels/document.ts";
import { hold, merge, newTrack, setAttribute, setFlag, setGeometry, setLabel, split, toggleKeyframe } from "../src/labels/edits.ts";
import { shapeAt, valueAt } from "../src/labels/interpolate.ts";
import { crosses, pointOnSide } from "../src/labels/outline.ts";
import { AUTOMATIC, OCCLUDED, OUTSIDE, type LabelSpec, type Track } from "../src/labels/wire.ts";

interface Wanted { geometry: number[]; occluded: boolean; keyframe: boolean }
interface Case { name: string; track: Track; shapes: Record<string, Wanted | null>; attributes?: Record<string, Record<string, unknown>> }

for (const { name, track, shapes, attributes } of vectors.cases as unknown as Case[]) {
  test(`shared vector: ${name}`, () => {
    for (const [frame, wanted] of Object.entries(shapes)) {
      const shape = shapeAt(track, Number(frame));
      if (wanted === null) {
        assert.ok(shape === null || shape.outside, `frame ${frame}`);
        continue;
      }
      assert.ok(shape && !shape.outside);
      assert.equal(shape.geometry.length, wanted.geometry.length);
      shape.geometry.forEach((value, i) => assert.ok(Math.abs(value - wanted.geometry[i]!) < 1e-9, `frame ${frame}: ${value}`));
      assert.deepEqual([shape.occluded, shape.keyframe], [wanted.occluded, wanted.keyframe]);
    }
    for (const [frame, wanted] of Object.entries(attributes ?? {})) {
      for (const [key, value] of Object.entries(wanted)) assert.equal(valueAt(track.attributes[key], Number(frame)), value);
    }
  });
}

const person: LabelSpec = {
  key: "person", name: "Person", kinds: ["box"],
  attributes: [
    { key: "posture", name: "Posture", type: "select", values: ["standing", "walking"], mutable: true, default: "standing" },
    { key: "bag", name: "Bag", type: "checkbox", mutable: false },
  ],
};
const posture = person.attributes![0]!;
const walk = (): Track => setGeometry(newTrack("a", person, 10, [0, 0, 10, 10]), 20, [100, 0, 110, 10]);

test("a box moved between keyframes makes a keyframe there and leaves the others", () => {
  const track = setGeometry(walk(), 15, [7, 7, 17, 17]);
  assert.deepEqual(track.keyframes, [[10, 0, [0, 0, 10, 10]], [15, 0, [7, 7, 17, 17]], [20, 0, [100, 0, 110, 10]]]);
});

test("a person's edit clears the detector's mark and keeps what is occluded", () => {
  const track: Track = { ...walk(), keyframes: [[10, AUTOMATIC | OCCLUDED, [0, 0, 10, 10]]] };
  assert.deepEqual(setGeometry(track, 10, [1, 0, 11, 10]).keyframes, [[10, OCCLUDED, [1, 0, 11, 10]]]);
});

test("moving a box where it was outside brings it back", () => {
  const track = setFlag(walk(), 20, OUTSIDE, true);
  assert.equal(shapeAt(track, 25)?.outside, true);
  assert.equal(shapeAt(setGeometry(track, 25, [0, 0, 9, 9]), 25)?.outside, false);
});

test("a keyframe is added as interpolated and the last one can't be removed", () => {
  const added = toggleKeyframe(walk(), 15);
  assert.deepEqual(added.keyframes[1], [15, 0, [50, 0, 60, 10]]);
  assert.deepEqual(toggleKeyframe(added, 15), walk());
  const lone = newTrack("a", person, 3, [0, 0, 5, 5]);
  assert.equal(toggleKeyframe(lone, 3), lone);
});

test("before a track begins there is nothing to flag", () => {
  assert.deepEqual(setFlag(walk(), 5, OCCLUDED, true), walk());
});

test("a mutable attribute changes from a frame on, a fixed one for the whole track", () => {
  const changed = setAttribute(walk(), posture, 15, "walking");
  assert.deepEqual(changed.attributes["posture"], [[10, "standing"], [15, "walking"]]);
  assert.deepEqual(setAttribute(changed, posture, 15, "standing").attributes["posture"], [[10, "standing"]]);
  assert.deepEqual(setAttribute(changed, posture, 10, "walking").attributes["posture"], [[10, "walking"], [15, "walking"]]);
  assert.equal(setAttribute(walk(), person.attributes![1]!, 15, true).attributes["bag"], true);
});

test("another label keeps the attributes that it has and fills in its defaults", () => {
  const guard: LabelSpec = { key: "guard", name: "Guard", kinds: ["box"], attributes: [posture, { key: "post", name: "Post", type: "text", default: "gate" }] };
  const track = setLabel(setAttribute(setAttribute(walk(), posture, 10, "walking"), person.attributes![1]!, 10, true), guard);
  assert.deepEqual([track.label, track.attributes], ["guard", { posture: "walking", post: "gate" }]);
});

test("a split track is the same to look at, in two", () => {
  const [before, after] = split(setFlag(walk(), 12, OCCLUDED, true), 16, "b")!;
  for (let frame = 10; frame < 16; frame++) assert.equal(shapeAt(after, frame), null);
  assert.equal(shapeAt(before, 16)?.outside, true);
  assert.deepEqual(shapeAt(after, 16)?.geometry, [60, 0, 70, 10]);
  assert.equal(shapeAt(after, 18)?.occluded, true);
  assert.equal(split(walk(), 10, "b"), null);
});

test("merging what was split gives the track back", () => {
  const [before, after] = split(walk(), 16, "b")!;
  const joined = merge(before, after);
  for (let frame = 10; frame <= 20; frame++) assert.deepEqual(shapeAt(joined, frame)?.geometry, shapeAt(walk(), frame)?.geometry);
  assert.equal(joined.id, "a");
});

test("undo and redo go back and forth, and a new edit drops what was undone", () => {
  const labels = new LabelDocument();
  labels.load([]);
  const first = walk();
  labels.apply("draw", [["a", first]]);
  labels.apply("move", [["a", setGeometry(first, 10, [5, 5, 15, 15])]]);
  labels.apply("delete", [["a", null]]);
  assert.equal(labels.size, 0);
  assert.equal(labels.undo(), "delete");
  assert.equal(labels.undo(), "move");
  assert.equal(labels.get("a"), first);
  assert.equal(labels.redo(), "move");
  labels.apply("draw", [["b", newTrack("b", person, 0, [0, 0, 9, 9])]]);
  assert.equal(labels.canRedo, null);
  assert.deepEqual([labels.number("a"), labels.number("b")], [1, 2]);
});

test("held keys melt into one step", () => {
  const labels = new LabelDocument();
  labels.load([walk()]);
  for (let x = 1; x <= 9; x++) labels.apply("nudge", [["a", setGeometry(labels.get("a")!, 10, [x, 0, 10 + x, 10])]], true);
  labels.undo();
  assert.deepEqual(labels.get("a"), walk());
});

test("only what changed is sent, and an edit made meanwhile is sent next time", () => {
  const labels = new LabelDocument();
  labels.load([walk(), { ...walk(), id: "c" }]);
  assert.equal(labels.dirty, false);
  labels.apply("move", [["a", setGeometry(walk(), 10, [1, 1, 11, 11])]]);
  const batch = labels.unsaved();
  assert.deepEqual(batch.tracks.map((track) => track.id), ["a"]);
  labels.apply("move", [["a", setGeometry(walk(), 10, [2, 2, 12, 12])]]);
  labels.saved(batch);
  assert.equal(labels.dirty, true);
  labels.saved(labels.unsaved());
  assert.equal(labels.dirty, false);
});

test("a track that was made and deleted before saving is never mentioned", () => {
  const labels = new LabelDocument();
  labels.load([walk()]);
  labels.apply("draw", [["n", newTrack("n", person, 0, [0, 0, 9, 9])]]);
  labels.apply("delete", [["n", null], ["a", null]]);
  assert.deepEqual([labels.unsaved().tracks, labels.unsaved().deleted], [[], ["a"]]);
});

for (const { name, outline, crosses: meets } of outlines.cases) {
  test(`shared outline: ${name}`, () => {
    for (let turn = 0; turn < outline.length; turn += 2) {
      const turned = [...outline.slice(turn), ...outline.slice(0, turn)];
      assert.equal(crosses(turned), meets);
      assert.equal(crosses(turned.map((_, i) => turned[turned.length - 2 - i + 2 * (i % 2)]!)), meets);
    }
  });
}

test("a line that is being drawn may be straight, and may not cross what is there", () => {
  assert.equal(crosses([0, 0, 10, 0, 10, 10], true), false);
  assert.equal(crosses([0, 0, 5, 0, 10, 0], true), false);
  assert.equal(crosses([0, 0, 10, 0, 4, 0], true), true);
  assert.equal(crosses([0, 0, 10, 0, 10, 10, 5, -5], true), true);
});

test("a point on a side comes into every keyframe of as many points and changes no form", () => {
  const track: Track = { ...walk(), kind: "polygon", keyframes: [[0, 0, [0, 0, 8, 0, 8, 8]], [9, 0, [10, 0, 30, 0, 30, 8]], [12, 0, [0, 0, 8, 0, 8, 8, 0, 8]]] };
  const more = pointOnSide(track, 3, { at: 0, share: 0.25 });
  assert.deepEqual(more.keyframes.map(([, , outline]) => outline), [[0, 0, 2, 0, 8, 0, 8, 8], [10, 0, 15, 0, 30, 0, 30, 8], [0, 0, 8, 0, 8, 8, 0, 8]]);
});

test("a shape is kept to a frame: keyframes between give way, later ones stay", () => {
  const track = setGeometry(walk(), 30, [200, 0, 210, 10]);
  assert.deepEqual(hold(track, 15, 25).keyframes, [[10, 0, [0, 0, 10, 10]], [15, 0, [50, 0, 60, 10]], [25, 0, [50, 0, 60, 10]], [30, 0, [200, 0, 210, 10]]]);
  assert.deepEqual(hold(track, 15, 99).keyframes, [[10, 0, [0, 0, 10, 10]], [15, 0, [50, 0, 60, 10]]]);
  assert.equal(hold(track, 15, 15), track);
});
