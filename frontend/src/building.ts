// A version that is being built: asked for every few seconds, then shown in place as it is now. What
// became of it is said once. Without this script the page's own link asks again.

export {};

const EVERY = 4_000;

type Found = "building" | "built" | "refused";

async function found(address: string): Promise<Found> {
  const answer = await fetch(address, { redirect: "manual", headers: { Accept: "application/json" } });
  // A busy or restarting server is asked again; where one has signed out, or may not read it, nothing is.
  if (answer.status === 429 || answer.status >= 500) return "building";
  if (!answer.ok) return "refused";
  return ((await answer.json()) as { state: string }).state === "building" ? "building" : "built";
}

/** Put the page as it is now in the place of the one that is shown; give its answer. */
async function renew(main: HTMLElement): Promise<string> {
  const answer = await fetch(location.href, { redirect: "manual" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  if (!answer.ok || !fresh) throw new Error(`the page answers ${answer.status}`);
  const focused = main.contains(document.activeElement);
  main.replaceChildren(...fresh.childNodes);
  if (focused) main.focus();
  return main.querySelector("h1")?.textContent ?? "";
}

function watch(main: HTMLElement, address: string): void {
  const told = document.createElement("p");
  told.className = "vh";
  told.setAttribute("role", "status");
  document.body.append(told);
  let asking = false;
  const look = async (): Promise<void> => {
    if (document.hidden || asking || document.querySelector("dialog[open]")) return;
    asking = true;
    try {
      const state = await found(address);
      if (state === "built") told.textContent = await renew(main);
      if (state !== "building") stop();
    } catch {
      // The network is away for now.
    } finally {
      asking = false;
    }
  };
  const again = (): void => void look();
  const timer = setInterval(again, EVERY);
  const stop = (): void => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", again);
  };
  document.addEventListener("visibilitychange", again);
}

const main = document.getElementById("main");
const address = main?.querySelector<HTMLElement>("[data-building]")?.dataset["building"];
if (main && address) watch(main, address);
