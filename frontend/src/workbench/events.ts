// Events: their commands, the list at the side and the chosen event's fields.

import { flip, isToldOf, mayTakePart, moveEnd, newSpan, setKind } from "../labels/spans.ts";
import type { AttributeSpec, EventSpec, Scalar, Span } from "../labels/wire.ts";
import type { Command } from "./commands.ts";
import { count, el, must, plural } from "./dom.ts";
import { newId } from "./identity.ts";
import { keepFocus } from "./panels.ts";
import type { Session } from "./session.ts";
import type { Workbench } from "./workbench.ts";

export function eventCommands(workbench: Workbench): Command[] {
  const { session } = workbench;
  const group = "Events";
  const end = (side: "start" | "end") => () => {
    if (session.span) change(session, moveEnd(session.span, side, session.frame), side);
  };
  return [
    { id: "event", title: "Start an event here, or end it here", group, keys: ["x"], run: () => startOrEnd(workbench) },
    { id: "event-kind", title: "Next kind of event", group, keys: ["shift+x"], run: () => {
      const kinds = session.ontology.events ?? [];
      if (session.eventKind) session.eventKind = kinds[(kinds.indexOf(session.eventKind) + 1) % kinds.length]!;
      session.changed();
    } },
    { id: "event-start", title: "The chosen event starts here", group, keys: ["["], run: end("start") },
    { id: "event-end", title: "The chosen event ends here", group, keys: ["]"], run: end("end") },
    { id: "event-next", title: "Next event", group, keys: ["shift+e"], looking: true, run: () => {
      const spans = session.document.spans;
      const next = spans[(spans.findIndex((span) => span.id === session.event) + 1) % spans.length];
      if (!next) return;
      session.selectEvent(next.id);
      workbench.player.seek(next.start);
    } },
    { id: "zones", title: "Zones of the camera", group: "View", keys: ["alt+z"], looking: true, run: () => {
      session.zonesShown = !session.zonesShown;
      session.changed();
    } },
  ];
}

/** The first press makes an event of one frame, saved as such; the second gives it its other end. */
function startOrEnd({ session, hint }: Workbench): void {
  const running = session.document.span(session.running);
  if (running) {
    session.running = null;
    const { frame } = session;
    change(session, { ...running, start: Math.min(running.start, frame), end: Math.max(running.start, frame) }, "end");
  } else if (session.eventKind) {
    session.running = addEvent(session, session.frame, session.frame);
    session.changed();
  } else hint("This project’s ontology has no events.");
}

/** A new event of the next kind, with the chosen object as the first who takes part. */
export function addEvent(session: Session, from: number, to: number): string | null {
  if (!session.eventKind || session.readOnly) return null;
  const span = newSpan(newId(), session.eventKind, from, to, session.track);
  session.document.apply("new event", [[span.id, span]]);
  session.selectEvent(span.id);
  return span.id;
}

export function change(session: Session, span: Span, what: string): void {
  if (!session.readOnly) session.document.apply(`${what} of ${session.nameOfSpan(span)}`, [[span.id, span]]);
}

export class EventPanel {
  readonly #section = must("events-section");
  readonly #list = must("events");
  readonly #detail = must("event-detail");
  #key = "";

  constructor(readonly session: Session, readonly onSeek: (frame: number) => void) {
    session.onChange(() => this.#draw());
  }

  #draw(): void {
    const { session } = this;
    const { spans } = session.document;
    this.#section.hidden = !session.ontology.events?.length && !spans.length;
    const labels = [...session.document.tracks].map((track) => [track.id, track.label]);
    const key = JSON.stringify([spans, session.event, session.running, session.readOnly, session.eventKind?.key, labels]);
    if (key === this.#key) return;
    this.#key = key;
    must("events-count").textContent = spans.length ? count(spans.length) : "";
    must("next-event").textContent = session.eventKind && !session.readOnly ? `X starts: ${session.eventKind.name.toLowerCase()}` : "";
    keepFocus(this.#list, () => this.#list.replaceChildren(...spans.map((span) => this.#row(span))));
    const span = session.span;
    this.#detail.hidden = !span;
    must("detail").hidden = Boolean(span);
    keepFocus(this.#detail, () => this.#detail.replaceChildren(...(span ? this.#fields(span) : [])));
  }

  #row(span: Span): HTMLElement {
    const { session } = this;
    const chosen = span.id === session.event;
    const frames = span.id === session.running ? `from ${count(span.start)}, running` : `${count(span.start)}–${count(span.end)}`;
    const pick = el("button", { type: "button", class: "obj__b", "aria-pressed": String(chosen), "data-key": `event ${span.id}` },
      el("b", {}, String(session.document.number(span.id))),
      el("span", { class: "obj__n" }, (session.kindOf(span)?.name ?? span.event).toLowerCase()),
      el("span", { class: "obj__m" }, frames));
    pick.addEventListener("click", () => {
      session.selectEvent(span.id);
      this.onSeek(span.start);
    });
    return el("li", { class: `obj${chosen ? " obj--sel" : ""}` }, pick);
  }

  #fields(span: Span): HTMLElement[] {
    const { session } = this;
    const kind = session.kindOf(span);
    const head = el("div", { class: "wsec__h" }, el("h2", {}, `Event ${session.document.number(span.id)}`), el("span", { class: "muted" }, plural(span.end - span.start + 1, "frame")));
    if (!kind) return [head];
    const tracks = [...session.document.tracks].filter((track) => mayTakePart(kind, track)).map((track) => ({ id: track.id, name: session.nameOf(track) }));
    const zones = session.zones.filter((zone) => isToldOf(kind, zone));
    return [
      head,
      this.#kind(span, kind),
      el("div", { class: "ends" }, this.#end(span, "start", "From frame"), this.#end(span, "end", "to frame")),
      this.#ids("Who takes part", tracks, span.participants, "No object of the task can take part yet.", (id) => ({ ...span, participants: flip(span.participants, id) })),
      ...(session.zones.length ? [this.#ids("Zones", zones, span.zones, "No zone of this camera fits.", (id) => ({ ...span, zones: flip(span.zones, id) }))] : []),
      ...(kind.attributes ?? []).map((spec) => this.#attribute(span, spec)),
    ];
  }

  #kind(span: Span, kind: EventSpec): HTMLElement {
    const { session } = this;
    const kinds = session.ontology.events ?? [];
    const select = this.#select("event-kind", kinds.map((one) => [one.key, one.name]), kind.key, (key) => {
      const next = kinds.find((one) => one.key === key)!;
      session.eventKind = next;
      change(session, setKind(span, next, [...session.document.tracks], session.zones), "kind");
    });
    return labelled("Kind", select);
  }

  #select(id: string, options: [string, string][], now: string, choose: (value: string) => void): HTMLSelectElement {
    const select = el("select", { class: "input sel", id, "data-key": id }, ...options.map(([value, text]) => el("option", { value, selected: value === now }, text)));
    select.disabled = this.session.readOnly;
    select.addEventListener("change", () => choose(select.value));
    return select;
  }

  #end(span: Span, side: "start" | "end", text: string): HTMLElement {
    const { session } = this;
    const id = `event-${side}`;
    const input = el("input", { class: "input", type: "number", id, "data-key": id, value: String(span[side]), min: String(session.first), max: String(session.last) });
    input.disabled = session.readOnly;
    input.addEventListener("change", () => {
      const frame = Math.round(input.valueAsNumber);
      if (frame >= session.first && frame <= session.last) change(session, moveEnd(span, side, frame), side);
      // What was refused or held back does not stay in the field.
      input.value = String(session.document.span(span.id)?.[side] ?? "");
    });
    return labelled(text, input);
  }

  #ids(title: string, all: readonly { id: string; name: string }[], chosen: readonly string[], none: string, edit: (id: string) => Span): HTMLElement {
    const boxes = all.map(({ id, name }) => {
      const input = el("input", { type: "checkbox", checked: chosen.includes(id), "data-key": `${title} ${id}` });
      input.disabled = this.session.readOnly;
      input.addEventListener("change", () => change(this.session, edit(id), title.toLowerCase()));
      return el("label", { class: "opt" }, input, el("span", {}, name));
    });
    return el("fieldset", { class: "attr" }, el("legend", {}, title), boxes.length ? el("div", { class: "opts" }, ...boxes) : el("p", { class: "muted" }, none));
  }

  #attribute(span: Span, spec: AttributeSpec): HTMLElement {
    const id = `event-attr-${spec.key}`;
    const now = span.attributes[spec.key];
    const write = (value: Scalar): void => change(this.session, { ...span, attributes: { ...span.attributes, [spec.key]: value } }, spec.name.toLowerCase());
    if (spec.type === "select") {
      const options = (spec.values ?? []).map((value): [string, string] => [value, value.replaceAll("_", " ")]);
      if (now === undefined) options.unshift(["", "choose"]);
      return labelled(spec.name, this.#select(id, options, String(now ?? ""), (value) => value && write(value)));
    }
    const type = { checkbox: "checkbox", number: "number", text: "text" }[spec.type];
    const input = el("input", { class: type === "checkbox" ? "" : "input", type, id, step: "any", "data-key": id, checked: now === true, value: String(now ?? "") });
    input.disabled = this.session.readOnly;
    input.addEventListener("change", () => {
      if (type === "checkbox") write(input.checked);
      else if (type === "text") write(input.value);
      else if (Number.isFinite(input.valueAsNumber)) write(input.valueAsNumber);
    });
    if (type === "checkbox") return el("div", { class: "toggles" }, el("label", { class: "opt" }, input, el("span", {}, spec.name)));
    return labelled(spec.name, input);
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  return el("div", { class: "attr__f" }, el("label", { for: control.id }, text), control);
}
