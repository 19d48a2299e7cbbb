// What annotators will see, beside the form of what is labelled: the server draws it anew while one
// types. Without this the preview is as new as the page.

export {};

const WAIT = 200;

class Preview {
  readonly #say = document.getElementById("seen-say")!;
  #asking: AbortController | null = null;
  #timer = 0;

  constructor(readonly form: HTMLFormElement, readonly id: string) {
    form.addEventListener("input", () => this.#soon());
    // Coming back, the browser fills in what was typed, beside a preview of what the server had.
    addEventListener("pageshow", (event) => {
      const [come] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      if (event.persisted || come?.type !== "navigate") this.#soon();
    });
    this.#tell("");
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#draw(), WAIT);
  }

  #tell(text: string): void {
    if (this.#say.textContent !== text) this.#say.textContent = text;
  }

  async #draw(): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const body = new FormData(this.form);
    body.set("act", "preview");
    try {
      const answer = await fetch(location.href, { method: "POST", body, credentials: "same-origin", redirect: "error", signal: asking.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const drawn = await answer.text();
      if (asking.signal.aborted) return;
      // The server escaped every name in it.
      const made = document.createElement("template");
      made.innerHTML = drawn;
      document.getElementById(this.id)!.replaceWith(made.content);
      this.#tell("");
    } catch {
      if (!asking.signal.aborted) this.#tell("The preview could not be brought up to date. It is tried again with your next change.");
    }
  }
}

const form = document.querySelector<HTMLFormElement>("form[data-preview]");
if (form) new Preview(form, form.dataset["preview"]!);
