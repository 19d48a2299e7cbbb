// The list of notices by keyboard: J and K move, Enter opens, E marks read. Opening marks read too.

const list = document.querySelector<HTMLElement>("[data-notices]");
const rows = [...document.querySelectorAll<HTMLElement>("[data-notice]")];

function token(): string {
  return document.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]')?.value ?? "";
}

function mark(row: HTMLElement): void {
  if (!row.classList.contains("bells__i--new")) return;
  const body = new URLSearchParams({ act: "read", id: row.dataset["notice"] ?? "", csrfmiddlewaretoken: token() });
  // It outlives the page that the link leaves.
  void fetch("/notices/", { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } });
  // The next page may ask for the number before this has arrived, so it is told here.
  const unread = Math.max(Number(list?.dataset["unread"] ?? 1) - 1, 0);
  sessionStorage.setItem("bell", JSON.stringify({ unread, at: Date.now() }));
}

function target(row: HTMLElement | undefined): HTMLElement | null {
  return row?.querySelector<HTMLElement>("a, button") ?? null;
}

for (const row of rows) row.querySelector("a")?.addEventListener("click", () => mark(row));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog")) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const key = event.key.toLowerCase();
  if (key === "j") target(rows[Math.min(at + 1, rows.length - 1)])?.focus();
  else if (key === "k") target(rows[Math.max(at - 1, 0)])?.focus();
  else if (key === "e" && at >= 0) rows[at]?.querySelector<HTMLButtonElement>('button[value="read"]')?.click();
  else return;
  event.preventDefault();
});
