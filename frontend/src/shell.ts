// What every page does: theme switch, focus on errors, forms that say they are busy.

import "./bell";

const root = document.documentElement;

function showTheme(button: HTMLElement): void {
  const dark = root.dataset["theme"] === "dark";
  button.setAttribute("aria-pressed", String(dark));
  const use = button.querySelector("use");
  use?.setAttribute("href", `${root.dataset["icons"]}#${dark ? "sun" : "moon"}`);
}

for (const button of document.querySelectorAll<HTMLElement>("[data-theme-toggle]")) {
  showTheme(button);
  button.addEventListener("click", () => {
    root.dataset["theme"] = root.dataset["theme"] === "dark" ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${root.dataset["theme"]}; path=/; max-age=31536000; samesite=lax${secure}`;
    showTheme(button);
  });
}

(document.querySelector<HTMLElement>("[data-focus]") ?? document.querySelector<HTMLElement>('[aria-invalid="true"]'))?.focus();

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
