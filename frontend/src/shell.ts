// What every page does: theme switch, focus on errors, forms that say they are busy.

import "./bell";
import "./kept";
import "./search";

const root = document.documentElement;
const darkSheet = document.querySelector<HTMLLinkElement>("link[data-dark]");

function isDark(): boolean {
  const theme = root.dataset["theme"];
  return theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function showTheme(button: HTMLButtonElement): void {
  const dark = isDark();
  button.setAttribute("aria-pressed", String(dark));
  button.value = dark ? "light" : "dark";
  button.querySelector("use")?.setAttribute("href", `${root.dataset["icons"]}#${dark ? "sun" : "moon"}`);
}

// The choice is kept for the person by the server; the page itself changes at once.
for (const form of document.querySelectorAll<HTMLFormElement>("[data-theme-form]")) {
  const button = form.querySelector<HTMLButtonElement>("[data-theme-toggle]")!;
  showTheme(button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = button.value;
    void fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual", keepalive: true });
    root.dataset["theme"] = theme;
    darkSheet?.setAttribute("media", theme === "dark" ? "screen" : "not all");
    showTheme(button);
  });
}

(document.querySelector<HTMLElement>("[data-focus]") ?? document.querySelector<HTMLElement>('[aria-invalid="true"]'))?.focus();

// The Enter that sent the page before must not press what this one offers, while it is held down.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.repeat && event.target instanceof Element && event.target.closest("[data-fresh]")) event.preventDefault();
});

// The zone of this computer, one click away where it is another than the chosen one.
const zones = document.querySelector<HTMLSelectElement>("[data-zones]");
const ownZone = document.querySelector<HTMLButtonElement>("[data-own-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zones && ownZone && here !== zones.value && [...zones.options].some((option) => option.value === here)) {
  ownZone.textContent = `Take this computer’s: ${here}`;
  ownZone.hidden = false;
  ownZone.addEventListener("click", () => {
    zones.value = here;
    zones.form?.requestSubmit();
  });
}

// A second click must not send a form twice; the label stays and its icon turns.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !(event.target instanceof HTMLFormElement)) return;
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement)) return;
  const form = event.target;
  if ((button.getAttribute("formmethod") ?? form.getAttribute("method")) === "dialog") return;
  // After the browser has collected the form's values, so that the button's own name is sent.
  setTimeout(() => {
    button.disabled = true;
    button.classList.add("busy");
    form.setAttribute("aria-busy", "true");
  });
});
// Going back shows the page from memory: buttons must work again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.busy")) {
    button.disabled = false;
    button.classList.remove("busy");
  }
});

// Dialogs: the opener is a link, so that without scripts it leads to the dialog in its place. The
// browser keeps focus inside and gives it back to the opener.
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const opener = target?.closest<HTMLElement>("[data-dialog]");
  if (opener) {
    event.preventDefault();
    opener.focus();
    const dialog = document.getElementById(opener.dataset["dialog"]!);
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  }
  if (target instanceof HTMLDialogElement && target.open) target.close(); // its backdrop
  target?.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
  if (target?.closest("[data-print]")) print();
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!target || !menu.contains(target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const opener = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[data-dialog]") : null;
  if (opener && event.key === " ") {
    event.preventDefault();
    opener.click();
  }
  if (event.key !== "Escape") return;
  const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// "?" opens what this page is for, but not from a text field, nor where single keys are switched off.
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (event.target instanceof HTMLElement && event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) return;
  const opener = document.querySelector<HTMLElement>("[data-page-help]");
  if (!opener || document.querySelector("dialog[open]") || localStorage.getItem("custos.single-keys") === "off") return;
  event.preventDefault();
  const before = document.activeElement;
  opener.click();
  document.getElementById("page-help")?.addEventListener("close", () => {
    if (before instanceof HTMLElement && before !== document.body) before.focus();
  }, { once: true });
});

// While a form's answer is on its way, the region that it will change says so.
document.addEventListener("submit", (event) => {
  const loads = event.target instanceof HTMLElement ? event.target.dataset["loads"] : undefined;
  if (loads && !event.defaultPrevented) document.getElementById(loads)?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const region of document.querySelectorAll('[aria-busy="true"]')) region.removeAttribute("aria-busy");
});
