// The explorer by keyboard: / query, J and K rows, Enter panel, V verify, C copy link, X adds the
// cell under focus as a filter, Shift X leaves it out. Each has a link or a button as well.

import { must } from "../workbench/dom.ts";
import type { Proof } from "./proof.ts";
import { verify } from "./verdict.ts";

const OFF = "custos-log-keys-off";

export function explore(host: HTMLElement): void {
  const panel = must("entry-panel");
  const told = host.querySelector<HTMLElement>("[data-told]")!;
  const rows = [...host.querySelectorAll<HTMLTableRowElement>("tr[data-entry]")];
  let opened = 0;

  const say = (text: string): void => {
    told.textContent = text;
  };
  const rowOf = (element: Element | null): HTMLTableRowElement | null => element?.closest<HTMLTableRowElement>("tr[data-entry]") ?? null;
  const current = (): HTMLTableRowElement | null =>
    rowOf(document.activeElement) ?? host.querySelector<HTMLTableRowElement>('tr[aria-selected="true"]');

  function remember(entry: string | null): void {
    const url = new URL(location.href);
    if (entry) url.searchParams.set("entry", entry);
    else url.searchParams.delete("entry");
    history.replaceState(null, "", url.search.replaceAll("%3A", ":").replaceAll("%2C", ",") || url.pathname);
  }

  function fill(id: string): void {
    panel.replaceChildren((must(id) as HTMLTemplateElement).content.cloneNode(true));
  }

  function close(): void {
    if (panel.hidden) return;
    const row = host.querySelector<HTMLTableRowElement>('tr[aria-selected="true"]');
    panel.hidden = true;
    panel.replaceChildren();
    host.classList.remove("loggrid--panel");
    row?.removeAttribute("aria-selected");
    remember(null);
    row?.querySelector<HTMLElement>("a")?.focus();
  }

  async function open(entry: string, focus: boolean): Promise<void> {
    const turn = ++opened;
    for (const row of rows) row.removeAttribute("aria-selected");
    const chosen = rows.find((row) => row.dataset["entry"] === entry);
    chosen?.setAttribute("aria-selected", "true");
    panel.hidden = false;
    host.classList.add("loggrid--panel");
    panel.setAttribute("aria-busy", "true");
    fill("entry-waits");
    remember(entry);
    if (focus) panel.focus();
    else chosen?.scrollIntoView({ block: "nearest" });
    let why: string;
    try {
      const answer = await fetch(`${host.dataset["log"]}/${entry}?panel`, { headers: { Accept: "text/html" } });
      if (turn !== opened) return;
      if (answer.ok && !answer.redirected) {
        // Our own server's template, which escapes what people wrote; the policy runs no script in it.
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        panel.replaceChildren(...parsed.body.childNodes);
        panel.removeAttribute("aria-busy");
        const verdict = await verify(JSON.parse(must("panel-proof").textContent ?? "") as Proof);
        say({ ok: "Verified in this browser.", warn: "The path fits; the signature was not checked.", bad: "Not verified." }[verdict]);
        return;
      }
      why = answer.redirected ? "You were signed out meanwhile." : `The server answered ${answer.status}. Error id ${answer.headers.get("X-Request-Id") ?? "unknown"}.`;
    } catch {
      why = "The server was not reached.";
    }
    if (turn !== opened) return;
    panel.removeAttribute("aria-busy");
    fill("entry-failed");
    panel.querySelector("[data-why]")!.textContent = why;
    panel.querySelector("[data-again]")!.addEventListener("click", () => void open(entry, true));
  }

  function move(by: number): void {
    const at = rows.indexOf(current()!);
    const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    const link = row?.querySelector<HTMLElement>("a");
    link?.focus();
    row?.scrollIntoView({ block: "nearest" });
    if (row && !panel.hidden) void open(row.dataset["entry"]!, false);
  }

  /** The filter of the cell under focus; of a row without one, its action. */
  function narrow(exclude: boolean): void {
    const row = current();
    const cell = document.activeElement?.closest("td");
    const chosen = cell?.querySelector<HTMLElement>("[data-filter]") ?? row?.querySelector<HTMLElement>('[data-filter="action"]');
    if (!chosen) return;
    const name = `${exclude ? "not_" : ""}${chosen.dataset["filter"]}`;
    const value = chosen.dataset["value"]!;
    const query = new URLSearchParams(location.search);
    for (const passing of ["cursor", "entry"]) query.delete(passing);
    const before = ["actor", "subject"].includes(chosen.dataset["filter"]!) ? "" : (query.get(name) ?? "");
    query.set(name, before && !before.split(",").includes(value) ? `${before},${value}` : value);
    location.search = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  }

  async function copyLink(): Promise<void> {
    const entry = current()?.dataset["entry"];
    const link = entry ? new URL(`${host.dataset["log"]}/${entry}`, location.href).href : location.href;
    try {
      await navigator.clipboard.writeText(link);
      say("The link is copied.");
    } catch {
      say("This browser does not let the page copy. Open the entry and copy its address.");
    }
  }

  const keys: Record<string, (event: KeyboardEvent) => void> = {
    "/": () => must("query").focus(),
    j: () => move(1),
    k: () => move(-1),
    v: () => {
      const row = current();
      if (row) void open(row.dataset["entry"]!, true);
    },
    c: () => void copyLink(),
    x: (event) => narrow(event.shiftKey),
  };
  const off = host.querySelector<HTMLButtonElement>("[data-keys-off]")!;
  const show = (): void => off.setAttribute("aria-pressed", String(localStorage.getItem(OFF) === "1"));
  show();
  off.addEventListener("click", () => {
    if (localStorage.getItem(OFF) === "1") localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
    show();
  });

  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const layer = document.querySelector("dialog[open], details.menu[open]");
    if (event.key === "Escape" && !layer) {
      if (target.id === "query") target.blur();
      else close();
      return;
    }
    const typing = target.matches("input:not([type=checkbox], [type=radio]), textarea, select") || target.isContentEditable;
    if (typing || layer || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF) === "1") return;
    const act = keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  // Enter on, or a click in, an entry's number opens it beside the rows; with a modifier, in a tab.
  host.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-close]")) close();
    else if (target.closest("[data-copy-link]")) void copyLink();
    const bar = target.closest<SVGElement>("[data-query]");
    if (bar) location.search = bar.dataset["query"]!;
    if (event.ctrlKey || event.metaKey || event.shiftKey || panel.contains(target)) return;
    const row = rowOf(target);
    const link = target.closest("a");
    if (!row || (link && link.closest("td") !== row.cells[0])) return;
    event.preventDefault();
    void open(row.dataset["entry"]!, Boolean(link));
  });

  const asked = new URLSearchParams(location.search).get("entry");
  if (asked && /^[0-9a-f-]{36}$/.test(asked)) void open(asked, false);
}
