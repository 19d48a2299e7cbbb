// Messages over the picture. Errors stay until they are dealt with; they are not toasts.

import { el, icon } from "./dom.ts";

export type Tone = "info" | "ok" | "warn" | "bad" | "hold";

const ICONS: Record<Tone, string> = { info: "info", ok: "circle-check", warn: "triangle-alert", bad: "circle-x", hold: "pause" };

export interface NoteAction {
  text: string;
  primary?: boolean;
  /** The key that does the same, for people. */
  key?: string;
  run(button: HTMLButtonElement): void;
}

export class Notes {
  readonly #shown = new Map<string, HTMLElement>();

  constructor(readonly host: HTMLElement) {}

  /** Shows a note; one with the same key replaces it. */
  show(key: string, tone: Tone, title: string, text = "", actions: readonly NoteAction[] = []): HTMLElement {
    const row = actions.length ? el("div", { class: "row row--wrap" }) : null;
    for (const action of actions) {
      const button = el("button", { type: "button", class: `btn btn--sm${action.primary ? " btn--primary" : ""}` }, action.text, action.key ? el("kbd", { "aria-hidden": "true" }, action.key) : null);
      button.addEventListener("click", () => action.run(button));
      row?.append(button);
    }
    const note = el("div", { class: `note note--${tone}`, role: tone === "bad" || tone === "warn" ? "alert" : "status" },
      icon(ICONS[tone], false), el("div", {}, el("b", {}, title), text ? el("p", {}, text) : null, row));
    this.#shown.get(key)?.remove();
    this.#shown.set(key, note);
    this.host.append(note);
    return note;
  }

  drop(key: string): boolean {
    const note = this.#shown.get(key);
    note?.remove();
    return this.#shown.delete(key);
  }
}
