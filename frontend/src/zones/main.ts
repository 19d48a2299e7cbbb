// Draws a camera's zones on a still of its footage, by mouse and by keys. What is saved is what the
// form carries; the text beside it says the same for who has no scripts.

import { drawFrame } from "../frames/still.ts";
import { el, must } from "../workbench/dom.ts";

type Point = [number, number];
interface Zone { id: string; kind: string; name: string; polygon: Point[]; kept: boolean }
interface Drawing { width: number; height: number; kinds: string[]; may_edit: boolean; zones: Zone[] }

const SVG = "http://www.w3.org/2000/svg";
/** Pixels of the footage that an arrow key moves: the cross while drawing, and a corner. */
const STEP = 10;

const drawing: Drawing = JSON.parse(must("drawing").textContent!);
const box = must("zed");
const map = document.getElementById("zone-map") as unknown as SVGSVGElement;
const list = must("zone-list");
const say = must("zone-say");
const form = must<HTMLFormElement>("zones-form");
const sent = must<HTMLInputElement>("drawn");

let zones: Zone[] = sent.value ? JSON.parse(sent.value) : drawing.zones;
let chosen = -1;
/** Corners of the zone that is being drawn; null while none is. */
let open: Point[] | null = null;
let cross: Point = [drawing.width / 2, drawing.height / 2];
let past: string[] = [];

box.hidden = false;
if (sent.value) say.textContent = "Your drawing is kept: change it and save again.";
render();

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Pixels of the footage that `css` pixels on the screen cover now. */
function scaled(css: number): number {
  return (css * drawing.width) / (map.clientWidth || drawing.width);
}

function inside([x, y]: Point): Point {
  const whole = (value: number, most: number): number => Math.min(most, Math.max(0, Math.round(value)));
  return [whole(x, drawing.width), whole(y, drawing.height)];
}

function path(points: Point[], closed = true): string {
  return points.length ? `M${points.map(([x, y]) => `${x} ${y}`).join("L")}${closed ? "Z" : ""}` : "";
}

function remember(): void {
  past = [...past.slice(-99), JSON.stringify(zones)];
}

function render(focus = ""): void {
  map.replaceChildren(...zones.map(drawn), ...(open ? sketch(open) : []));
  map.toggleAttribute("data-drawing", open !== null);
  list.replaceChildren(...(zones.length ? zones.map(row) : [el("p", { class: "panel__body muted small" }, "No zone yet.")]));
  const undo = document.getElementById("zone-undo") as HTMLButtonElement | null;
  if (undo) undo.disabled = past.length === 0;
  if (focus) document.getElementById(focus)?.focus();
}

function drawn(zone: Zone, at: number): SVGElement {
  const group = shape("g", { class: `zed__z${at === chosen ? " zed__z--on" : ""}` });
  const area = shape("path", { d: path(zone.polygon) });
  area.addEventListener("pointerdown", () => { if (!open) choose(at); });
  group.append(area);
  const [x, y] = zone.polygon[0] ?? [0, 0];
  const label = shape("text", { class: "zed__n", x: String(x + scaled(6)), y: String(y + scaled(18)), "font-size": String(scaled(13)) });
  label.textContent = zone.name;
  group.append(label);
  if (drawing.may_edit && !open) group.append(...zone.polygon.flatMap((_, n) => corner(at, n)));
  return group;
}

/** A dot, and around it the larger disc that is aimed at. */
function corner(at: number, n: number): SVGElement[] {
  const zone = zones[at]!;
  const [x, y] = zone.polygon[n]!;
  const seen = shape("circle", { class: "zed__c", cx: String(x), cy: String(y), r: String(scaled(6)), "aria-hidden": "true" });
  const dot = shape("circle", {
    class: "zed__h", cx: String(x), cy: String(y), r: String(scaled(12.5)), id: `corner-${at}-${n}`, tabindex: "0", role: "button",
    "aria-label": `Corner ${n + 1} of ${zone.polygon.length} of ${zone.name}, at ${x}, ${y}`,
  });
  dot.addEventListener("focus", () => { if (chosen !== at) choose(at, dot.id); });
  dot.addEventListener("pointerdown", (event) => drag(event as PointerEvent, at, n));
  dot.addEventListener("keydown", (event) => cornerKey(event as KeyboardEvent, at, n));
  return [seen, dot];
}

function sketch(points: Point[]): SVGElement[] {
  const [x, y] = cross, arm = scaled(9);
  return [
    shape("path", { class: "zed__d", d: path([...points, cross], false) }),
    ...points.map(([cx, cy]) => shape("circle", { class: "zed__c", cx: String(cx), cy: String(cy), r: String(scaled(4)) })),
    shape("path", { class: "zed__x", d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}` }),
  ];
}

function row(zone: Zone, at: number): HTMLElement {
  const item = el("div", { class: `zed__i${at === chosen ? " zed__i--on" : ""}` });
  const corners = el("span", { class: "small muted num" }, `${zone.polygon.length} corners`);
  if (!drawing.may_edit) {
    item.append(el("b", {}, zone.name), el("span", { class: "small soft" }, zone.kind), corners);
    return item;
  }
  const name = el("input", { class: "input", id: `name-${at}`, maxlength: "120", required: "" });
  name.value = zone.name;
  name.addEventListener("change", () => { remember(); zone.name = name.value.trim(); render(); });
  name.addEventListener("focus", () => { if (chosen !== at) choose(at, name.id); });
  const kind = el("select", { class: "input", id: `kind-${at}` }, ...drawing.kinds.map((k) => el("option", { value: k }, k)));
  kind.value = zone.kind;
  kind.disabled = zone.kept;
  kind.addEventListener("change", () => { remember(); zone.kind = kind.value; render(kind.id); });
  const remove = el("button", { type: "button", class: "btn btn--sm btn--quiet" }, "Remove");
  remove.setAttribute("aria-label", `Remove ${zone.name}`);
  remove.disabled = zone.kept;
  remove.addEventListener("click", () => { remember(); zones = zones.filter((other) => other !== zone); chosen = -1; render("zone-new"); });
  item.append(
    el("div", { class: "field" }, el("label", { for: name.id }, `Name of zone ${at + 1}`), name),
    el("div", { class: "field" }, el("label", { for: kind.id }, `Kind of zone ${at + 1}`), kind),
    el("div", { class: "row row--between" }, corners, remove),
  );
  if (zone.kept) item.append(el("p", { class: "small soft" }, "Events name this zone, so it stays. Its name and corners may change."));
  return item;
}

function choose(at: number, focus = ""): void {
  chosen = at;
  render(focus);
}

function where(event: PointerEvent | MouseEvent): Point {
  const place = map.getBoundingClientRect();
  return inside([((event.clientX - place.left) / place.width) * drawing.width, ((event.clientY - place.top) / place.height) * drawing.height]);
}

function drag(event: PointerEvent, at: number, n: number): void {
  if (!drawing.may_edit || open) return;
  event.preventDefault();
  remember();
  const move = (moved: PointerEvent): void => { zones[at]!.polygon[n] = where(moved); render(); };
  const end = (): void => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    render(`corner-${at}-${n}`);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function cornerKey(event: KeyboardEvent, at: number, n: number): void {
  const zone = zones[at]!, arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey ? STEP : 1;
    const [x, y] = zone.polygon[n]!;
    remember();
    zone.polygon[n] = inside([x + arrow[0] * step, y + arrow[1] * step]);
    render(`corner-${at}-${n}`);
    say.textContent = `Corner ${n + 1} at ${zone.polygon[n]!.join(", ")}`;
  } else if (event.key === "Delete") {
    if (zone.polygon.length <= 3) say.textContent = "A zone has three corners or more.";
    else {
      remember();
      zone.polygon.splice(n, 1);
      render(`corner-${at}-${Math.min(n, zone.polygon.length - 1)}`);
    }
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function begin(): void {
  if (!drawing.may_edit) return;
  [open, chosen, cross] = [[], -1, inside([drawing.width / 2, drawing.height / 2])];
  say.textContent = "Set the first corner.";
  render();
  map.focus();
}

function setCorner(point: Point): void {
  if (!open) return;
  const [first] = open;
  cross = point;
  if (first && open.length > 2 && Math.hypot(point[0] - first[0], point[1] - first[1]) < scaled(9)) return close();
  const [x, y] = open.at(-1) ?? [NaN, NaN];
  if (x !== point[0] || y !== point[1]) open.push(point);
  say.textContent = `${open.length} corner${open.length === 1 ? "" : "s"}${open.length > 2 ? "; Enter closes the zone" : ""}.`;
  render();
}

function close(): void {
  if (!open) return;
  if (open.length < 3) {
    say.textContent = "A zone has three corners or more.";
    return;
  }
  remember();
  const taken = new Set(zones.map((zone) => zone.name));
  let number = zones.length + 1;
  while (taken.has(`Zone ${number}`)) number += 1;
  zones.push({ id: "", kind: drawing.kinds[0]!, name: `Zone ${number}`, polygon: open, kept: false });
  [open, chosen] = [null, zones.length - 1];
  say.textContent = "Name it, choose its kind, and save.";
  render(`name-${chosen}`);
}

function mapKey(event: KeyboardEvent): void {
  if (event.target !== map || event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = ARROWS[event.key];
  if (!open) {
    if (event.key.toLowerCase() !== "n") return;
    begin();
  } else if (arrow) {
    const step = event.shiftKey ? 1 : STEP;
    cross = inside([cross[0] + arrow[0] * step, cross[1] + arrow[1] * step]);
    render();
    say.textContent = `Cross at ${cross.join(", ")}`;
  } else if (event.key === " ") setCorner(cross);
  else if (event.key === "Enter") close();
  else if (event.key === "Backspace") {
    open.pop();
    render();
  } else if (event.key === "Escape") {
    open = null;
    say.textContent = "Nothing drawn.";
    render("zone-new");
  } else return;
  event.preventDefault();
}

if (drawing.may_edit) {
  map.addEventListener("keydown", mapKey);
  map.addEventListener("click", (event) => setCorner(where(event)));
  map.addEventListener("pointermove", (event) => {
    // A page that moves under a resting mouse is no move of the cross.
    if (!open || (!event.movementX && !event.movementY)) return;
    cross = where(event);
    render();
  });
  must("zone-new").addEventListener("click", begin);
  must("zone-undo").addEventListener("click", () => {
    const before = past.pop();
    if (before) zones = JSON.parse(before);
    chosen = -1;
    render("zone-new");
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.id === "lines-save") sent.value = "";
    else sent.value = JSON.stringify(zones.map(({ id, kind, name, polygon }) => ({ id, kind, name, polygon })));
  });
}
new ResizeObserver(() => { if (!map.contains(document.activeElement)) render(); }).observe(map);

document.getElementById("still-show")?.addEventListener("click", async (event) => {
  const button = event.currentTarget as HTMLButtonElement;
  const still = must("still");
  button.disabled = true;
  say.textContent = "Fetching the picture …";
  still.dataset["clip"] = box.dataset["clip"]!;
  try {
    await drawFrame(still, box.dataset["tenant"]!, box.dataset["worker"]!);
    say.textContent = "Your look at this picture is in the log.";
  } catch (error) {
    say.textContent = `It could not be shown. ${(error as Error).message}`;
    button.disabled = false;
  }
});
