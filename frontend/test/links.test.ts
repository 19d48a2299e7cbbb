// What holds about the tracks of a task of links, and how their times are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apart, clockOf, Sheet, span } from "../src/links/sheet.ts";
import type { DeskWire, Item } from "../src/links/wire.ts";

const item = (number: number, more: Partial<Item> = {}): Item => ({
  number, clip: "c", track: `t${number}`, label: "person", attributes: {}, subject: number < 2, frames: [0, 9], views: [],
  candidates: number < 2 ? [2, 3] : [], camera: "Gate", site: "North", begins: null, ends: null, time_zone: "Europe/Brussels", ...more,
});
const desk = (more: Partial<DeskWire> = {}): DeskWire => ({
  items: [item(0), item(1), item(2), item(3)], links: [], identities: [], contradictions: [], unsettled: [0, 1], undoable: false, ...more,
});

test("what was said of a pair holds in either direction, and the rest is said by none of them", () => {
  const sheet = new Sheet(desk({ links: [[0, 2, "same"]], identities: [[0, 2]], unsettled: [1] }));
  assert.equal(sheet.said(2, 0), "same");
  assert.deepEqual(sheet.identity(0), [2]);
  assert.deepEqual([sheet.state(0), sheet.state(1), sheet.settled], ["linked", "open", 1]);
  assert.deepEqual(sheet.noneOf(item(0)), [{ first: 0, second: 3, verdict: "different" }]);
});

test("the next track that waits is looked for round again", () => {
  const sheet = new Sheet(desk());
  assert.deepEqual([sheet.nextOpen(-1), sheet.nextOpen(0), sheet.nextOpen(1)], [0, 1, 0]);
  assert.equal(new Sheet(desk({ unsettled: [] })).nextOpen(0), null);
});

test("a draft is offered only as far as it says something else than what holds", () => {
  const sheet = new Sheet(desk({ links: [[0, 2, "same"]] }));
  const drafted = [[0, 2, "unsure"], [2, 0, "same"], [1, 3, "different"], [1, 2, "withdrawn"]] as const;
  assert.deepEqual(sheet.missing(drafted), [{ first: 1, second: 3, verdict: "different" }]);
});

test("times are told by the clock of the camera's place, and apart from the subject's point of view", () => {
  const noon = item(0, { begins: "2026-11-20T12:00:00Z", ends: "2026-11-20T12:00:30Z" });
  const later = item(2, { begins: "2026-11-20T12:02:40Z", ends: "2026-11-20T12:03:00Z" });
  assert.equal(clockOf(noon), "Fri, 20 Nov 2026, 13:00:00–13:00:30");
  assert.equal(apart(noon, later), "2 min 10 s later");
  assert.equal(apart(later, noon), "2 min 10 s earlier");
  assert.equal(apart(noon, noon), "at the same time");
  assert.equal(apart(noon, item(3)), "time not known");
  assert.deepEqual([span(0), span(59), span(3600), span(90061)], ["0 s", "59 s", "1 h", "1 d 1 h"]);
});
