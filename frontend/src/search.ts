// The search from anywhere: Ctrl K or the button opens a dialog whose list the server writes.
// Without a script the button is a link to the same search as a page.

const WAIT = 150;

const button = document.querySelector<HTMLAnchorElement>("[data-search]");

function make<K extends keyof HTMLElementTagNameMap>(tag: K, given: Record<string, string>): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  return element;
}

class Search {
  private readonly dialog = make("dialog", { class: "searchbox", "aria-label": "Search" });
  private readonly input = make("input", {
    class: "input input--lg", type: "search", role: "combobox", autocomplete: "off", maxlength: "200",
    "aria-label": "Search pages, projects, clips, deliveries, invoices, people and ids",
    placeholder: "Name, number or id", "aria-expanded": "false", "aria-controls": "search-hits", "aria-autocomplete": "list",
  });
  private readonly list = make("div", { class: "searchbox__l", id: "search-hits", role: "listbox", "aria-label": "What was found" });
  private readonly state = make("p", { class: "searchbox__s", role: "status" });
  private asking: AbortController | null = null;
  private timer = 0;
  private at = -1;

  constructor(private readonly opener: HTMLAnchorElement) {
    const foot = make("p", { class: "searchbox__f" });
    foot.innerHTML = "<kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>Enter</kbd> open <kbd>Esc</kbd> close";
    this.dialog.append(this.input, this.state, this.list, foot);
    document.body.append(this.dialog);
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(), WAIT);
    });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this.asking?.abort());
    this.say("Type the beginning of a word.");
  }

  open(): void {
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.input.select();
  }

  private options(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private say(text: string): void {
    this.state.textContent = text;
    this.state.hidden = text === "";
  }

  private clear(): void {
    this.list.replaceChildren();
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  private async ask(): Promise<void> {
    this.asking?.abort();
    const text = this.input.value.trim();
    if (!text) {
      this.clear();
      this.say("Type the beginning of a word.");
      return;
    }
    const asking = (this.asking = new AbortController());
    const slow = setTimeout(() => this.say("Looking…"), WAIT);
    try {
      const address = new URL(this.opener.href);
      address.searchParams.set("q", text);
      address.searchParams.set("fragment", "");
      const answer = await fetch(address, { signal: asking.signal, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.text());
    } catch {
      if (asking.signal.aborted) return;
      this.clear();
      this.say("The search did not answer. Try again, or press Enter for the page.");
    } finally {
      clearTimeout(slow);
    }
  }

  // The server escaped every name in it.
  private show(html: string): void {
    this.clear();
    this.list.innerHTML = html;
    for (const [number, link] of [...this.list.querySelectorAll("a")].entries()) {
      link.setAttribute("role", "option");
      link.id = `hit-${number}`;
      link.tabIndex = -1;
      link.setAttribute("aria-selected", "false");
    }
    const found = this.options().length;
    if (!found) this.list.replaceChildren();
    this.say(found ? "" : `Nothing that you may see begins with “${this.input.value.trim()}”.`);
    this.input.setAttribute("aria-expanded", String(found > 0));
    if (found) this.choose(0);
  }

  private choose(number: number): void {
    const options = this.options();
    if (!options.length) return;
    options[this.at]?.setAttribute("aria-selected", "false");
    this.at = (number + options.length) % options.length;
    const option = options[this.at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") this.choose(this.at + 1);
    else if (event.key === "ArrowUp") this.choose(this.at - 1);
    else if (event.key === "Enter") this.go();
    // A search field would only empty itself.
    else if (event.key === "Escape") this.dialog.close();
    else return;
    event.preventDefault();
  }

  private go(): void {
    const chosen = this.options()[this.at];
    if (chosen) {
      chosen.click();
      return;
    }
    const page = new URL(this.opener.href);
    page.searchParams.set("q", this.input.value);
    location.assign(page);
  }
}

if (button) {
  let search: Search | null = null;
  const open = (event: Event): void => {
    event.preventDefault();
    search ??= new Search(button);
    search.open();
  };
  button.addEventListener("click", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) open(event);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") open(event);
  });
}
