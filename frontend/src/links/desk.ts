// The server's side of the page: decisions go out one after the other, in the order they were made.

import type { DeskWire, LinksPage, Said, Standing } from "./wire.ts";

const BEAT_MS = 60_000;

export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

export interface Events {
  onStanding(standing: Standing): void;
  onSaving(waiting: number): void;
  /** What could not be sent waits; `retry` sends it. */
  onTrouble(message: string, retry: () => void): void;
  onLost(message: string): void;
}

type Step = { readonly url: string; readonly body: object };

export class Desk {
  readonly #waiting: Step[] = [];
  #beat = 0;
  #sending = false;
  #working: Promise<void> = Promise.resolve();
  holds = true;

  constructor(readonly page: LinksPage, readonly events: Events) {
    this.#beat = window.setInterval(() => void this.#keep(), BEAT_MS);
  }

  get pending(): number {
    return this.#waiting.length;
  }

  read(): Promise<DeskWire> {
    return this.send("GET", this.page.urls.links);
  }

  async drafts(): Promise<(readonly [number, number, string])[]> {
    const { results } = await this.send<{ results: { links?: [number, number, string][] }[] }>("GET", this.page.urls.drafts);
    return results[0]?.links ?? [];
  }

  say(links: readonly Said[]): void {
    this.#put({ url: this.page.urls.links, body: { links } });
  }

  undo(): void {
    this.#put({ url: this.page.urls.undo, body: {} });
  }

  /** Hands the task in once everything that was said has arrived. */
  async submit(accept: boolean): Promise<unknown> {
    await this.#working;
    if (this.#waiting.length) throw new Error("Some of what you said is not saved yet. Submit again when it is.");
    return this.#held(this.page.urls.submit, { accept_contradictions: accept });
  }

  decide(outcome: string, reasons: readonly object[]): Promise<unknown> {
    return this.#held(this.page.urls.review, { outcome, reasons });
  }

  giveBack(): Promise<unknown> {
    return this.#held(this.page.urls.release, {});
  }

  end(): void {
    clearInterval(this.#beat);
    this.holds = false;
  }

  #put(step: Step): void {
    if (!this.holds) return;
    this.#waiting.push(step);
    this.events.onSaving(this.#waiting.length);
    this.#send();
  }

  #send(): void {
    if (!this.#sending) this.#working = this.#work();
  }

  async #work(): Promise<void> {
    this.#sending = true;
    try {
      for (let step = this.#waiting[0]; step && this.holds; step = this.#waiting[0]) {
        const standing = await this.#held<Standing>(step.url, step.body);
        this.#waiting.shift();
        this.events.onStanding(standing);
        this.events.onSaving(this.#waiting.length);
      }
    } catch (error) {
      if (error instanceof Refused) {
        this.#waiting.shift();
        this.events.onSaving(this.#waiting.length);
      }
      if (this.holds) this.events.onTrouble((error as Error).message, () => this.#send());
      else await this.#hand();
    } finally {
      this.#sending = false;
    }
  }

  /** Without the lease the server takes no decision any more, but keeps what comes as a draft. */
  async #hand(): Promise<void> {
    for (const { url, body } of this.#waiting.splice(0)) {
      if (url === this.page.urls.links) await this.#held(url, body).catch(() => undefined);
    }
  }

  async #keep(): Promise<void> {
    try {
      await this.#held(this.page.urls.heartbeat, {});
    } catch (error) {
      // Without a connection the lease may still be ours; the next beat or decision tells.
      if (!(error instanceof Refused)) console.info(String(error));
    }
  }

  async #held<T>(url: string, body: object): Promise<T> {
    try {
      return await this.send<T>("POST", url, { token: this.page.lease.token, ...body });
    } catch (error) {
      if (error instanceof Refused && (error.code === "lease_lost" || error.status === 404)) {
        if (this.holds) this.events.onLost(error.message);
        this.end();
      }
      throw error;
    }
  }

  async send<T>(method: string, url: string, body?: object): Promise<T> {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.page.csrf };
    let answer: Response;
    try {
      answer = await fetch(url, { method, headers, credentials: "same-origin", ...(body ? { body: JSON.stringify(body) } : {}) });
    } catch {
      throw new Error("The server can’t be reached.");
    }
    const told = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
    if (!answer.ok) throw new Refused(answer.status, told.code ?? "", told.detail ?? `The server answered ${answer.status}.`);
    return told as T;
  }
}
