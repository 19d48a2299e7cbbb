// The number at the bell: asked for once a minute at most, over all pages of the tab.

const EVERY = 60_000;

interface Known {
  unread: number;
  at: number;
}

function known(): Known | null {
  try {
    return JSON.parse(sessionStorage.getItem("bell") ?? "null") as Known | null;
  } catch {
    return null;
  }
}

function show(bell: HTMLElement, unread: number): void {
  const number = bell.querySelector<HTMLElement>("[data-bell-count]");
  if (!number) return;
  number.hidden = unread === 0;
  number.textContent = unread > 99 ? "99+" : String(unread);
  const name = unread ? `Notices, ${unread} unread` : "Notices";
  bell.setAttribute("aria-label", name);
  bell.title = name;
}

async function look(bell: HTMLElement): Promise<void> {
  const last = known();
  if (last) show(bell, last.unread);
  if (document.hidden || (last && Date.now() - last.at < EVERY)) return;
  // A person who has signed out elsewhere is sent to another page: there is nothing to show then.
  const answer = await fetch("/notices/count", { redirect: "manual", headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { unread } = (await answer.json()) as { unread: number };
  sessionStorage.setItem("bell", JSON.stringify({ unread, at: Date.now() }));
  show(bell, unread);
}

const bell = document.querySelector<HTMLElement>("[data-bell]");
if (bell) {
  // The list itself changes the number.
  if (location.pathname === "/notices/") sessionStorage.removeItem("bell");
  const again = (): void => void look(bell).catch(() => undefined);
  again();
  setInterval(again, EVERY);
  document.addEventListener("visibilitychange", again);
} else {
  // Somebody has signed out: the next person's number is another.
  sessionStorage.removeItem("bell");
}
