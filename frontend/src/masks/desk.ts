// The server's side of the page: the lease that is kept, saves, the copy, the signature.

import type { MasksPage, MasksWire } from "./wire.ts";

const BEAT_MS = 60_000;
const LOOK_MS = 2_000;

export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

export class Desk {
  #token: number | null = null;
  #beat = 0;

  constructor(readonly page: MasksPage, readonly onLost: (why: string) => void) {}

  get holds(): boolean {
    return this.#token !== null;
  }

  async take(): Promise<void> {
    const { token } = await this.#send<{ token: number }>("POST", this.page.urls.lease, {});
    this.#token = token;
    this.#beat = window.setInterval(() => void this.#keep(), BEAT_MS);
  }

  read(): Promise<MasksWire> {
    return this.#send("GET", this.page.urls.masks);
  }

  save(base: number, changes: object): Promise<{ revision: number }> {
    return this.#held("POST", this.page.urls.masks, { base, ...changes });
  }

  async copy(revision: number): Promise<void> {
    await this.#held("POST", this.page.urls.copy, { revision });
  }

  /** Resolves when the copy is over; tells its state meanwhile. */
  async over(tell: (state: string) => void): Promise<string> {
    for (;;) {
      const { state } = await this.#send<{ state: string }>("GET", this.page.urls.copy);
      tell(state);
      if (state === "done" || state === "failed") return state;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async sign(frames: readonly number[]): Promise<void> {
    await this.#held("POST", this.page.urls.check, { frames });
  }

  async giveBack(): Promise<void> {
    if (this.holds) await this.#held("DELETE", this.page.urls.lease, {});
    this.#drop();
  }

  async #keep(): Promise<void> {
    try {
      await this.#held("POST", this.page.urls.lease, {});
    } catch (error) {
      // Without a connection the lease may still be ours; the next beat or save tells.
      if (!(error instanceof Refused)) console.info(String(error));
    }
  }

  async #held<T>(method: string, url: string, body: object): Promise<T> {
    try {
      return await this.#send<T>(method, url, { token: this.#token, ...body });
    } catch (error) {
      if (error instanceof Refused && (error.code === "lease_lost" || error.status === 404)) {
        this.#drop();
        this.onLost(error.message);
      }
      throw error;
    }
  }

  #drop(): void {
    clearInterval(this.#beat);
    this.#token = null;
  }

  async #send<T>(method: string, url: string, body?: object): Promise<T> {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.page.csrf };
    const answer = await fetch(url, { method, headers, credentials: "same-origin", ...(body ? { body: JSON.stringify(body) } : {}) });
    const told = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
    if (!answer.ok) throw new Refused(answer.status, told.code ?? "", told.detail ?? `The server answered ${answer.status}.`);
    return told as T;
  }
}
