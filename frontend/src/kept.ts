// A form that met an ended session: what was typed comes back after the sign-in, once, to the same
// person, on the same page. It is kept in this tab alone, and gone with the next page otherwise.

const KEY = "custos.kept-form";
//: Nothing of these pages is kept: they are about passwords and codes.
const ACCOUNTS = "/account";
const SIGN_IN = "/accounts/";
const TYPED = "textarea, select, input:is([type=text], [type=email], [type=url], [type=number], [type=date], [type=search], :not([type]))";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Kept {
  person: string;
  path: string;
  form: number;
  fields: [string, string][];
  away: boolean;
}

const person = document.querySelector<HTMLElement>("[data-person]")?.dataset["person"] ?? "";

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.querySelectorAll<Field>(TYPED)].filter((field) => field.name);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (!person || location.pathname.startsWith(ACCOUNTS)) return;
  const fields = fieldsOf(form).map((field): [string, string] => [field.name, field.value]);
  if (!fields.some(([, value]) => value.trim())) return;
  const kept: Kept = { person, path: location.pathname, form: [...document.forms].indexOf(form), fields, away: false };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
});

function bringBack(kept: Kept): void {
  const form = document.forms[kept.form];
  const found = form ? fieldsOf(form) : [];
  if (!form || found.map((field) => field.name).join() !== kept.fields.map(([name]) => name).join()) return;
  found.forEach((field, index) => (field.value = kept.fields[index]![1]));
  const said = document.createElement("div");
  said.className = "note";
  said.setAttribute("role", "status");
  said.textContent = "You were signed out before this was sent, so nothing was written. What you typed is back: look it over and send it again.";
  form.prepend(said);
  for (let around = form.closest("details"); around; around = around.parentElement?.closest("details") ?? null) around.open = true;
  const dialog = form.closest("dialog");
  if (dialog) document.querySelector<HTMLElement>(`[data-dialog="${dialog.id}"]`)?.click();
  else form.scrollIntoView({ block: "nearest" });
}

const written = sessionStorage.getItem(KEY);
if (written) {
  const kept = JSON.parse(written) as Kept;
  if (location.pathname.startsWith(SIGN_IN)) {
    sessionStorage.setItem(KEY, JSON.stringify({ ...kept, away: true }));
  } else {
    sessionStorage.removeItem(KEY);
    // After all of the page's own scripts, whose openers it may press.
    if (kept.away && kept.person === person && kept.path === location.pathname) addEventListener("load", () => bringBack(kept), { once: true });
  }
}
