// The vendor manager's board: a grid with one tab stop, tasks selected by column, acts by key.

import { el, icon, must, plural } from "../workbench/dom.ts";

interface Column { name: string; free: string[]; held: string[] }
/** One of the vendor's people, on this page or not: how they fit each column, -1 where it is not open to them. */
interface Person { id: string; name: string; fits: number[] }
interface Check { name: string; holds: boolean; text: string }
interface Why { checks: Check[]; reasons: Record<string, number>; value: number | null; kept: boolean }
interface Done { id: string; act: string; count: number; undo_until: string }

const UNDO_MS = 10_000;
const KEPT = "custos.board";
const REASONS: Record<string, string> = {
  deadline: "Deadline", cameras: "Same cameras", trust: "Trust", skill: "Skill", priority: "Priority",
};

class Board {
  readonly #root = must<HTMLElement>("board");
  readonly #data: { columns: Column[]; people: Person[] } = JSON.parse(must("board-data").textContent ?? "null");
  readonly #chosen = new Set<number>();
  #undo: { id: string; timer: ReturnType<typeof setTimeout> } | null = null;

  constructor() {
    const grid = this.#root.querySelector<HTMLTableElement>("[role=grid]");
    grid?.addEventListener("keydown", (event) => this.#moved(event));
    grid?.addEventListener("click", (event) => this.#clicked(event));
    this.#root.addEventListener("keydown", (event) => this.#acted(event));
    if (grid) {
      must("assign").addEventListener("click", () => this.#assign());
      must("split").addEventListener("click", () => this.#split());
      must("hold").addEventListener("click", () => this.#hold());
      must("clear").addEventListener("click", () => this.#clear());
      must<HTMLSelectElement>("pick").addEventListener("change", () => this.#picked());
      must("most").addEventListener("input", () => this.#show());
      this.#resume();
    }
  }

  get #rows(): HTMLTableCellElement[][] {
    return [...this.#root.querySelectorAll("[role=grid] tr")]
      .map((row) => [...row.querySelectorAll<HTMLTableCellElement>("td[data-column]")])
      .filter((cells) => cells.length > 0);
  }

  get #focus(): HTMLTableCellElement | null {
    return this.#root.querySelector<HTMLTableCellElement>("td[data-column][tabindex='0']");
  }

  #go(cell: HTMLTableCellElement | undefined): void {
    if (!cell) return;
    this.#focus?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    cell.focus();
    this.#show();
  }

  #moved(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("td[data-column]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.#rows;
    const row = rows.findIndex((cells) => cells.includes(cell));
    const column = Number(cell.dataset["column"]);
    const steps: Record<string, [number, number]> = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      Home: [0, -column], End: [0, this.#data.columns.length - 1 - column],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const next = rows[row + step[0]]?.[column + step[1]];
      if (event.shiftKey && next) {
        this.#chosen.add(column).add(column + step[1]);
      }
      this.#go(next);
    } else if (event.key === " ") {
      event.preventDefault();
      this.#toggle(column);
    }
  }

  #clicked(event: Event): void {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("td[data-column]");
    if (!cell) return;
    this.#go(cell);
    if (cell.closest(".freerow")) this.#toggle(Number(cell.dataset["column"]));
    else void this.#why();
  }

  #acted(event: KeyboardEvent): void {
    if (event.key === "Escape") this.#clear();
    const typing = (event.target as Element).closest("input, select, textarea, a");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Record<string, () => void> = {
      a: () => this.#assign(), s: () => this.#split(), h: () => this.#hold(),
      p: () => { if (this.#chosen.size) must("pick").focus(); },
      w: () => void this.#why(), z: () => void this.#takeBack(),
    };
    const act = acts[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  }

  #toggle(column: number): void {
    if (!this.#chosen.delete(column)) this.#chosen.add(column);
    must<HTMLInputElement>("most").value = String(Math.max(1, this.#entries().length));
    this.#show();
  }

  #clear(): void {
    this.#chosen.clear();
    this.#show();
    this.#focus?.focus();
  }

  #entries(): string[] {
    return [...this.#chosen].flatMap((column) => this.#data.columns[column]?.free ?? []);
  }

  #held(): string[] {
    return [...this.#chosen].flatMap((column) => this.#data.columns[column]?.held ?? []);
  }

  #few(): string[] {
    const most = Number(must<HTMLInputElement>("most").value);
    return this.#entries().slice(0, Math.max(1, most || 1));
  }

  /** The person under the focus where the work is open to them, or the best of the selection. */
  #target(): { id: string; name: string } | null {
    const own = this.#focus?.closest<HTMLElement>("tr[data-person]");
    if (own && this.#focus?.dataset["barred"] === undefined) return person(own);
    return this.#best(1)[0] ?? null;
  }

  #best(count: number): { id: string; name: string }[] {
    const sums = this.#data.people.map((who) => {
      const fits = [...this.#chosen].map((column) => who.fits[column] ?? 0);
      return { who, fit: fits.some((fit) => fit < 0) ? -1 : fits.reduce((sum, fit) => sum + fit, 0) };
    });
    return sums.filter((one) => one.fit >= 0).sort((a, b) => b.fit - a.fit).slice(0, count).map((one) => one.who);
  }

  #show(): void {
    for (const cell of this.#root.querySelectorAll<HTMLElement>("[data-column]")) {
      const chosen = this.#chosen.has(Number(cell.dataset["column"]));
      if (cell.tagName === "TH") cell.classList.toggle("wcol--sel", chosen);
      else cell.setAttribute("aria-selected", String(chosen));
    }
    const entries = this.#entries();
    must("bulk").hidden = this.#chosen.size === 0;
    if (!this.#chosen.size) return;
    must("chosen").textContent = plural(entries.length, "task");
    must("chosen-of").textContent = [...this.#chosen].map((column) => this.#data.columns[column]?.name).join(", ");
    const target = this.#target();
    const assign = must<HTMLButtonElement>("assign");
    assign.disabled = !target || !entries.length;
    assign.firstChild!.textContent = target ? `Assign ${this.#few().length} to ${target.name} ` : "Open to nobody ";
    must<HTMLButtonElement>("split").disabled = !entries.length;
    must("hold").firstChild!.textContent = entries.length ? "Hold " : "Resume ";
  }

  #assign(): void {
    const target = this.#target();
    if (target && this.#entries().length) void this.#send("assign", { entries: this.#few(), person: target.id }, `Assigned to ${target.name}.`);
  }

  #split(): void {
    const people = this.#best(3);
    if (!this.#entries().length) return;
    const most = this.#few().length;
    void this.#send("auto-assign", { entries: this.#entries(), people: people.map((one) => one.id), most }, "Split over the best.");
  }

  #hold(): void {
    const entries = this.#entries();
    if (entries.length) void this.#send("hold", { entries, held: true }, "Held.");
    else if (this.#held().length) void this.#send("hold", { entries: this.#held(), held: false }, "Back in the queue.");
  }

  #picked(): void {
    const pick = must<HTMLSelectElement>("pick");
    const name = pick.selectedOptions[0]?.textContent ?? "";
    const chosen = pick.value === "nobody" ? null : pick.value;
    if (pick.value) void this.#send("assign", { entries: this.#few(), person: chosen }, chosen ? `Assigned to ${name}.` : "Put back.");
  }

  async #send(what: string, body: object, told: string): Promise<void> {
    const answer = await this.#fetch(what, body);
    if (!answer.ok) {
      const problem: { detail?: string } = await answer.json().catch(() => ({}));
      this.#say("warn", problem.detail ?? "This did not work; load the board again.");
      return;
    }
    const done: Done = await answer.json();
    const focus = { column: this.#focus?.dataset["column"], person: this.#focus?.closest<HTMLElement>("tr")?.dataset["person"] };
    sessionStorage.setItem(KEPT, JSON.stringify({ id: done.id, told: `${plural(done.count, "task")}: ${told}`, until: Date.now() + UNDO_MS, focus }));
    location.reload();
  }

  #fetch(what: string, body: object): Promise<Response> {
    return fetch(`/api/v1/t/${this.#root.dataset["tenant"]}/${what}`, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.#root.dataset["csrf"] ?? "" },
      body: JSON.stringify(body),
    });
  }

  /** After an act the page is loaded anew: the place in the grid and the way back are kept. */
  #resume(): void {
    const text = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    if (!text) return;
    const kept: { id: string; told: string; until: number; focus: { column?: string; person?: string } } = JSON.parse(text);
    const row = kept.focus.person ? `tr[data-person="${kept.focus.person}"]` : ".freerow";
    this.#go(this.#root.querySelector<HTMLTableCellElement>(`${row} td[data-column="${kept.focus.column ?? 0}"]`) ?? undefined);
    const left = kept.until - Date.now();
    if (left <= 0 || !kept.id) {
      this.#say("ok", kept.told);
      return;
    }
    const button = el("button", { type: "button", class: "btn btn--sm" }, "Take back ", el("kbd", {}, "Z"));
    button.addEventListener("click", () => void this.#takeBack());
    this.#say("ok", kept.told, button);
    this.#undo = { id: kept.id, timer: setTimeout(() => { this.#undo = null; button.remove(); }, left) };
  }

  async #takeBack(): Promise<void> {
    if (!this.#undo) return;
    const { id, timer } = this.#undo;
    this.#undo = null;
    clearTimeout(timer);
    const answer = await this.#fetch(`allocations/${id}/undo`, {});
    const body: { count?: number; detail?: string } = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      this.#say("warn", body.detail ?? "This can't be taken back any more.");
      return;
    }
    sessionStorage.setItem(KEPT, JSON.stringify({ id: "", told: `${plural(body.count ?? 0, "task")}: taken back.`, until: 0, focus: {} }));
    location.reload();
  }

  #say(kind: string, text: string, action: Node | null = null): void {
    must("say").replaceChildren(el("div", { class: `note note--${kind}` }, icon(kind === "ok" ? "circle-check" : "triangle-alert"), el("div", {}, el("p", {}, text), action)));
  }

  async #why(): Promise<void> {
    const cell = this.#focus;
    const row = cell?.closest<HTMLElement>("tr[data-person]");
    const column = this.#data.columns[Number(cell?.dataset["column"])];
    const entry = column?.free[0] ?? column?.held[0];
    if (!row || !column) return;
    const who = person(row);
    must("h-why").textContent = `Why ${who.name}`;
    must("why-sub").textContent = column.name;
    if (!entry) {
      must("why").replaceChildren(el("section", { class: "side__sec" }, el("p", { class: "soft" }, "Nothing free waits here.")));
      return;
    }
    const answer = await fetch(`/api/v1/t/${this.#root.dataset["tenant"]}/why?entry=${entry}&person=${who.id}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const why: Why = await answer.json();
    must("why").replaceChildren(...sections(why));
  }
}

function person(row: HTMLElement): { id: string; name: string } {
  return { id: row.dataset["person"] ?? "", name: row.dataset["name"] ?? "" };
}

function sections(why: Why): HTMLElement[] {
  const passed = why.checks.filter((check) => check.holds).length;
  const checks = el("section", { class: "side__sec" },
    el("h3", {}, `${passed === why.checks.length ? "May take it" : "May not take it"}: ${passed} of ${why.checks.length} checks`),
    el("ul", { class: "checks" }, ...[...why.checks].sort((a, b) => Number(a.holds) - Number(b.holds)).map((check) =>
      el("li", check.holds ? {} : { class: "checks__no" }, icon(check.holds ? "check" : "x"), check.text))));
  const points = Object.entries(why.reasons);
  if (why.value === null || !points.length) return [checks];
  const fit = el("section", { class: "side__sec" },
    el("div", { class: "row row--between" }, el("h3", {}, why.kept ? "Fit, kept for them" : "Fit"), el("span", { class: "fit" }, why.value.toFixed(0))),
    el("ul", { class: "why" }, ...points.sort((a, b) => b[1] - a[1]).map(([name, value]) => {
      const share = el("progress", { class: "pts", max: "40", value: String(value), "aria-label": REASONS[name] ?? name });
      return el("li", {}, el("span", { class: "row row--between" }, el("b", {}, REASONS[name] ?? name), el("span", { class: "num" }, `+${value.toFixed(0)}`)), share);
    })));
  return [fit, checks];
}

new Board();
