// The side: objects, and the selected object's label, attributes and flags.

import { setAttribute, setFlag, setLabel, toggleKeyframe } from "../labels/edits.ts";
import { shapeAt, valueAt } from "../labels/interpolate.ts";
import { withoutUnfit } from "../labels/spans.ts";
import { OCCLUDED, OUTSIDE, type AttributeSpec, type LabelSpec, type Scalar, type Track } from "../labels/wire.ts";
import { count, el, icon, must, plural } from "./dom.ts";
import type { Session } from "./session.ts";
import { extent } from "./stage.ts";

export interface PanelEvents {
  onSeek(frame: number): void;
}

export class Panels {
  readonly #list = must<HTMLUListElement>("objects");
  readonly #summary = must("objects-count");
  readonly #none = must("objects-none");
  readonly #detail = must("detail");
  readonly #next = must("next-label");
  #here = false;
  #scheduled = false;
  #keys = { list: "", detail: "" };

  constructor(readonly session: Session, readonly events: PanelEvents) {
    const filter = must<HTMLButtonElement>("objects-filter");
    filter.addEventListener("click", () => {
      this.#here = !this.#here;
      filter.setAttribute("aria-pressed", String(this.#here));
      this.redraw();
    });
    session.onChange(() => this.redraw());
  }

  redraw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#drawList();
      this.#drawDetail();
    });
  }

  #drawList(): void {
    const { session } = this;
    const visible = new Set([...session.shapes()].filter(([, shape]) => !shape.outside).map(([track]) => track.id));
    const tracks = [...session.document.tracks]
      .filter((track) => !this.#here || visible.has(track.id))
      .sort((a, b) => session.document.number(a.id) - session.document.number(b.id));
    const rows = tracks.map((track) => ({ track, what: this.#standing(track, visible.has(track.id)), off: !visible.has(track.id) }));
    const key = JSON.stringify([session.selected, session.readOnly, [...session.hidden], [...session.locked], rows.map((row) => [row.track.id, row.track.label, row.what])]);
    if (key === this.#keys.list) return;
    this.#keys.list = key;
    this.#summary.textContent = session.document.size ? `${count(visible.size)} in this frame, ${count(session.document.size)} in task` : "";
    this.#none.hidden = tracks.length > 0;
    this.#none.textContent = session.document.size ? "None of them is in this frame." : "Nothing is drawn yet. Press B and draw a box, or P and click round an object.";
    keepFocus(this.#list, () => this.#list.replaceChildren(...rows.map((row) => this.#row(row.track, row.what, row.off))));
    this.#list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** A few words about a track on this frame. */
  #standing(track: Track, visible: boolean): string {
    const { frame } = this.session;
    const first = track.keyframes[0]![0];
    if (frame < first) return `from ${count(first)}`;
    const shape = shapeAt(track, frame);
    if (!visible) return "outside";
    const end = track.keyframes.find(([at, flags]) => at > frame && flags & OUTSIDE);
    if (shape?.occluded) return "occluded";
    return end ? `until ${count(end[0] - 1)}` : "";
  }

  #row(track: Track, what: string, off: boolean): HTMLElement {
    const { session } = this;
    const name = session.nameOf(track);
    const selected = track.id === session.selected;
    const pick = el("button", { type: "button", class: "obj__b", "aria-pressed": String(selected), "data-key": `pick ${track.id}` },
      el("span", { class: `sw ${session.colourOf(track)}` }),
      el("b", {}, String(session.document.number(track.id))),
      el("span", { class: "obj__n" }, (session.labelOf(track)?.name ?? track.label).toLowerCase()),
      el("span", { class: "obj__m" }, what));
    pick.addEventListener("click", () => this.#pick(track));
    return el("li", { class: `obj${selected ? " obj--sel" : ""}${off ? " obj--off" : ""}` }, pick,
      this.#switch(track, session.hidden, "eye-off", "eye", `Hide ${name}`),
      this.#switch(track, session.locked, "lock", "lock-open", `Lock ${name}`));
  }

  /** Choosing an object that is not on this frame goes to where it begins. */
  #pick(track: Track): void {
    this.session.select(track.id);
    if (!shapeAt(track, this.session.frame)) this.events.onSeek(track.keyframes[0]![0]);
  }

  #switch(track: Track, set: Set<string>, on: string, off: string, label: string): HTMLButtonElement {
    const pressed = set.has(track.id);
    const button = el("button", { type: "button", class: "mini-b", "aria-label": label, title: label, "aria-pressed": String(pressed), "data-key": label }, icon(pressed ? on : off));
    button.addEventListener("click", () => {
      if (!set.delete(track.id)) set.add(track.id);
      this.session.changed();
    });
    return button;
  }

  #drawDetail(): void {
    const { session } = this;
    const track = session.track;
    const shape = track && shapeAt(track, session.frame);
    const key = JSON.stringify([track, shape, session.label.key, session.kind, session.point, session.readOnly, track && session.locked.has(track.id), track?.keyframes.length]);
    if (key === this.#keys.detail) return;
    this.#keys.detail = key;
    this.#next.replaceChildren(el("span", { class: "muted" }, `Next ${session.kind}`), document.createTextNode(` ${session.label.name.toLowerCase()}`));
    keepFocus(this.#detail, () => this.#detail.replaceChildren(...(track ? this.#trackParts(track) : this.#labelParts())));
  }

  /** With nothing selected: the label of the next object. */
  #labelParts(): HTMLElement[] {
    const { session } = this;
    const { labels } = session;
    const head = el("div", { class: "wsec__h" }, el("h2", {}, "Nothing selected"), el("span", { class: "muted" }, "Tab goes through the objects"));
    return [head, this.#choices("Label of the next object", "label", labels.map((label) => ({ value: label.key, text: label.name, digit: session.digitOf(label) })), session.label.key, "", (value) => {
      session.choose(labels.find((label) => label.key === value) ?? session.label);
      session.changed();
    })];
  }

  #trackParts(track: Track): HTMLElement[] {
    const { session } = this;
    const shape = shapeAt(track, session.frame);
    const label = session.labelOf(track);
    const title = session.nameOf(track);
    const state = !shape ? `from ${count(track.keyframes[0]![0])}` : shape.keyframe ? "keyframe" : shape.outside ? "outside" : "interpolated";
    const head = el("div", { class: "wsec__h" },
      el("h2", {}, el("span", { class: `sw ${session.colourOf(track)}` }), title.charAt(0).toUpperCase() + title.slice(1)),
      el("span", { class: "tag" }, shape?.keyframe ? icon("diamond") : null, state));
    const parts = [head, this.#labelChoice(track)];
    let group = 0;
    for (const spec of label?.attributes ?? []) parts.push(this.#attribute(track, spec, spec.type === "select" ? group++ : -1));
    parts.push(this.#flags(track));
    if (shape) {
      const [x1, y1, x2, y2] = extent(shape.geometry, track.kind).map(Math.round) as [number, number, number, number];
      const points = track.kind === "polygon" ? `, ${plural(shape.geometry.length / 2, "point")}${session.point === null ? "" : `, point ${session.point + 1} chosen`}` : "";
      parts.push(el("dl", { class: "sum xywh" }, el("dt", {}, track.kind === "polygon" ? "Outline" : "Box"), el("dd", { class: "mono" }, `${x1}, ${y1}, ${x2 - x1} × ${y2 - y1} px${points}`),
        el("dt", {}, "Track"), el("dd", {}, plural(track.keyframes.length, "keyframe"))));
    }
    return parts;
  }

  #labelChoice(track: Track): HTMLElement {
    const { session } = this;
    const labels = session.ontology.labels.filter((label) => label.kinds.includes(track.kind));
    const select = el("select", { class: "input sel", id: "track-label", "data-key": "label" }, ...labels.map((label) => el("option", { value: label.key, selected: label.key === track.label }, label.name)));
    select.disabled = !session.editable(track);
    select.addEventListener("change", () => {
      const label = labels.find((one) => one.key === select.value) as LabelSpec;
      session.choose(label);
      const relabelled = setLabel(track, label);
      session.document.apply(`label of ${session.nameOf(track)}`, [[track.id, relabelled], ...withoutUnfit(session.document.spans, relabelled, session.ontology.events ?? [])]);
    });
    return el("div", { class: "attr__f" }, el("label", { for: "track-label" }, "Label"), select);
  }

  #attribute(track: Track, spec: AttributeSpec, group: number): HTMLElement {
    const now = valueAt(track.attributes[spec.key], this.session.frame);
    const write = (value: Scalar): void => this.write(track.id, spec, value);
    if (spec.type === "select") {
      const options = (spec.values ?? []).map((value) => ({ value, text: value.replaceAll("_", " ") }));
      return this.#choices(spec.name, `attr-${spec.key}`, options, String(now ?? ""), group < 2 ? ["", "⇧"][group]! : null, write, spec.mutable, !this.session.editable(track));
    }
    const id = `attr-${spec.key}`;
    if (spec.type === "checkbox") {
      const input = el("input", { type: "checkbox", id, checked: now === true, "data-key": id });
      input.disabled = !this.session.editable(track);
      input.addEventListener("change", () => write(input.checked));
      return el("div", { class: "toggles" }, el("label", { class: "opt" }, input, el("span", {}, spec.name)));
    }
    const input = el("input", { class: "input", id, type: spec.type === "number" ? "number" : "text", step: "any", value: String(now ?? ""), "data-key": id });
    input.disabled = !this.session.editable(track);
    input.addEventListener("change", () => {
      if (spec.type === "text") write(input.value);
      else if (Number.isFinite(input.valueAsNumber)) write(input.valueAsNumber);
    });
    return el("div", { class: "attr__f" }, el("label", { for: id }, spec.name, spec.mutable ? el("span", { class: "muted" }, " from this frame") : null), input);
  }

  /** Sets an attribute of a track at the current frame. */
  write(id: string, spec: AttributeSpec, value: Scalar): void {
    const track = this.session.document.get(id);
    if (!track || !this.session.editable(track)) return;
    this.session.document.apply(`${spec.name.toLowerCase()} of ${this.session.nameOf(track)}`, [[id, setAttribute(track, spec, this.session.frame, value)]]);
  }

  #choices(title: string, name: string, options: { value: string; text: string; digit?: number | null }[], now: string, modifier: string | null, choose: (value: string) => void, mutable = false, disabled = false): HTMLElement {
    const legend = el("legend", {}, title, mutable ? el("span", { class: "muted" }, " from this frame") : null);
    const opts = el("div", { class: "opts" }, ...options.map(({ value, text, digit: own }, i) => {
      const digit = own === undefined ? i + 1 : own;
      const input = el("input", { type: "radio", name, value, checked: value === now, disabled, "data-key": `${name} ${value}` });
      input.addEventListener("change", () => choose(value));
      const hint = modifier !== null && digit !== null && digit <= 9 ? el("kbd", { "aria-hidden": "true" }, `${modifier}${digit}`) : null;
      return el("label", { class: "opt" }, input, el("span", {}, text, hint));
    }));
    return el("fieldset", { class: "attr" }, legend, opts);
  }

  #flags(track: Track): HTMLElement {
    const { session } = this;
    const shape = shapeAt(track, session.frame);
    const disabled = !shape || !session.editable(track);
    const box = (text: string, key: string, checked: boolean, run: (on: boolean) => void, off = disabled): HTMLElement => {
      const input = el("input", { type: "checkbox", checked, disabled: off, "data-key": text });
      input.addEventListener("change", () => run(input.checked));
      return el("label", { class: "opt" }, input, el("span", {}, text, el("kbd", { "aria-hidden": "true" }, key)));
    };
    const flag = (bit: number, word: string) => (on: boolean) =>
      void session.document.apply(`${word} of ${session.nameOf(track)}`, [[track.id, setFlag(track, session.frame, bit, on)]]);
    const lone = shape?.keyframe === true && track.keyframes.length === 1;
    return el("div", { class: "toggles" },
      box("Occluded", "Q", shape?.occluded ?? false, flag(OCCLUDED, "occluded")),
      box("Outside", "O", shape?.outside ?? false, flag(OUTSIDE, "outside")),
      box("Keyframe", "K", shape?.keyframe ?? false, () => void session.document.apply(`keyframe of ${session.nameOf(track)}`, [[track.id, toggleKeyframe(track, session.frame)]]), disabled || lone));
  }
}

/** Rebuilds a part and gives the focus back to the control of the same `data-key`. */
export function keepFocus(host: HTMLElement, rebuild: () => void): void {
  const active = document.activeElement;
  const key = active instanceof HTMLElement && host.contains(active) ? active.dataset["key"] : undefined;
  const scroll = host.scrollTop;
  rebuild();
  host.scrollTop = scroll;
  if (key === undefined) return;
  for (const control of host.querySelectorAll<HTMLElement>("[data-key]")) {
    if (control.dataset["key"] === key) control.focus({ preventScroll: true });
  }
}
