import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameIndex, type FrameIndexWire } from "../src/frames/index.ts";
import { clipped, drag, gripAt, upright, within } from "../src/workbench/geometry.ts";
import { View } from "../src/workbench/view.ts";

const index = (pts: number[], gops: [number, number, number, number][] = [[0, pts.length - 1, 0, 1]]): FrameIndex =>
  new FrameIndex({ codec: "avc1.64001f", description: "", width: 64, height: 48, coded_width: 64, coded_height: 48, time_base: [1, 1000], pts, ticks: pts, ticks_per_second: 1000, gops, samples: [] } satisfies FrameIndexWire);

test("a frame is on screen from its own time until the next one's", () => {
  const frames = index([500, 540, 620, 640]);
  assert.deepEqual([0, 0.039, 0.04, 0.119, 0.12, 0.2].map((t) => frames.frameAt(t)), [0, 0, 1, 1, 2, 3]);
  for (let frame = 0; frame < 4; frame++) assert.equal(frames.frameAt(frames.seconds(frame)), frame);
});

test("the rate says when frames are uneven", () => {
  assert.equal(index([0, 40, 80, 120]).rate(), "25 fps");
  assert.equal(index([0, 33, 67, 100]).rate(), "30 fps");
  assert.equal(index([0, 40, 100, 120]).rate(), "about 25 fps, VFR");
});

test("each frame finds its group of pictures", () => {
  const frames = index(Array.from({ length: 60 }, (_, i) => i * 40), [[0, 24, 0, 1], [25, 49, 1, 2], [50, 59, 2, 3]]);
  assert.deepEqual([0, 24, 25, 49, 50, 59].map((frame) => frames.gopOf(frame)), [0, 0, 1, 1, 2, 2]);
});

test("zooming holds the point under the pointer, and fitting undoes it", () => {
  const view = new View(640, 360);
  view.resize(1000, 600);
  const fitted = view.toScreen({ x: 100, y: 100 });
  const at = { x: 700, y: 200 };
  const there = view.toSource(at);
  view.zoom(3, at);
  const still = view.toScreen(there);
  assert.ok(Math.hypot(still.x - at.x, still.y - at.y) < 1e-9);
  view.fit();
  assert.deepEqual(view.toScreen({ x: 100, y: 100 }), fitted);
});

test("grips, drags and edges", () => {
  assert.equal(gripAt([10, 10, 50, 50], { x: 50, y: 30 }, 3), "e");
  assert.equal(gripAt([10, 10, 50, 50], { x: 30, y: 30 }, 3), "in");
  assert.equal(gripAt([10, 10, 50, 50], { x: 80, y: 30 }, 3), null);
  assert.deepEqual(drag([10, 10, 50, 50], "nw", 60, 0), [50, 10, 70, 50]);
  assert.deepEqual(upright([5, 5, 5, 5]), [5, 5, 7, 7]);
  assert.deepEqual(within([-50, 0, -10, 20], 640, 360), [-38, 0, 2, 20]);
  assert.deepEqual(clipped([-5, -5, 700, 400], 640, 360), [0, 0, 640, 360]);
});
