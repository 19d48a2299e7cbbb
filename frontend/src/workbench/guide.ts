// The project's guidelines beside the picture: opened by a button or a key, they follow the label in hand.

import type { Session } from "./session.ts";

export class Guide {
  readonly #panel = document.getElementById("guide");
  readonly #buttons = document.querySelectorAll<HTMLElement>("[data-guide-open]");
  #label = "";

  constructor(readonly session: Session) {
    for (const button of this.#buttons) button.addEventListener("click", () => this.toggle());
    document.getElementById("guide-close")?.addEventListener("click", () => this.toggle());
    // What is done on the panel is not done on the picture below it.
    for (const type of ["wheel", "dblclick", "pointerdown", "pointermove", "pointerup"]) {
      this.#panel?.addEventListener(type, (event) => event.stopPropagation());
    }
    session.onChange(() => this.#follow());
  }

  toggle(): void {
    if (!this.#panel) return;
    this.#panel.hidden = !this.#panel.hidden;
    for (const button of this.#buttons) button.setAttribute("aria-expanded", String(!this.#panel.hidden));
    this.#label = "";
    this.#follow();
  }

  /** Brings what is said of the chosen object's label, or of the next one's, into view. */
  #follow(): void {
    if (!this.#panel || this.#panel.hidden) return;
    const { session } = this;
    const label = session.track?.label ?? session.span?.event ?? session.label.key;
    if (label === this.#label) return;
    this.#label = label;
    for (const section of this.#panel.querySelectorAll<HTMLElement>("[data-guide]")) {
      const own = section.dataset["guide"] === label;
      section.classList.toggle("guide__s--own", own);
      if (own) section.scrollIntoView({ block: "nearest" });
    }
  }
}
