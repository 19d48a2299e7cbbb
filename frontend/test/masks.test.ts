// The sheet of masks: what a person changed, step by step and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boxAt, Sheet } from "../src/masks/sheet.ts";
import type { MaskTrack } from "../src/masks/wire.ts";

const FACE: MaskTrack = { id: "faces-0", subject: "faces", keyframes: [[10, 0, 0, 10, 10], [20, 100, 0, 110, 10]] };
const sheet = (): Sheet => new Sheet({ engine: [FACE], tracks: [], dropped: [] });

test("a mask moves linearly between keyframes and does not live beyond them", () => {
  assert.deepEqual(boxAt(FACE, 15), [50, 0, 60, 10]);
  assert.equal(boxAt(FACE, 9), null);
  assert.equal(boxAt(FACE, 21), null);
});

test("an end is set earlier and later, and undone step by step", () => {
  const one = sheet();
  one.end("faces-0", 30);
  assert.deepEqual(boxAt(one.get("faces-0")!, 30), [100, 0, 110, 10]);
  one.begin("faces-0", 15);
  assert.equal(boxAt(one.get("faces-0")!, 14), null);
  assert.deepEqual(boxAt(one.get("faces-0")!, 15), [50, 0, 60, 10]);
  assert.equal(one.origin("faces-0"), "changed");
  one.undo();
  one.undo();
  assert.equal(one.origin("faces-0"), "engine");
  assert.equal(one.dirty, false);
  one.redo();
  assert.equal(boxAt(one.get("faces-0")!, 30)?.[0], 100);
});

test("what the engine found is dropped with a reason only, and comes back", () => {
  const one = sheet();
  one.drop("faces-0", "  ");
  assert.equal(one.origin("faces-0"), "engine");
  one.drop("faces-0", "A poster.");
  assert.deepEqual(one.toWire(), { tracks: [], dropped: [{ id: "faces-0", reason: "A poster." }] });
  one.restore("faces-0");
  assert.deepEqual(one.toWire(), { tracks: [], dropped: [] });
});

test("a drawn mask is sent, and gone when it is dropped", () => {
  const one = sheet();
  one.draw("drawn-00000001", "plates", [1, 2, 3, 4], 5, 5);
  assert.deepEqual(one.toWire().tracks[0]?.keyframes, [[5, 1, 2, 3, 4]]);
  one.saved();
  assert.equal(one.dirty, false);
  one.drop("drawn-00000001", "");
  assert.deepEqual(one.toWire().tracks, []);
  assert.equal(one.dirty, true);
});
