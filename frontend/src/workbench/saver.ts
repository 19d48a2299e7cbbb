// Keeps the server's copy up to date: changed tracks only, one request at a time, each with the
// lease's token. A lost lease ends editing; what was not saved stays here as a draft.

import type { LabelDocument, Unsaved } from "../labels/document.ts";
import type { Problem, StoredSpan, StoredTrack, TaskPage } from "../labels/wire.ts";

export type SaveState =
  | { kind: "saved"; at: Date | null }
  | { kind: "changed" }
  | { kind: "saving" }
  /** Not sent: a reviewer's corrections go with the decision. */
  | { kind: "kept" }
  | { kind: "failed"; message: string; retryAt: Date }
  | { kind: "refused"; message: string }
  | { kind: "conflict"; message: string };

export class ServerProblem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly requestId: string) {
    super(detail);
  }
}

/** Quiet time after an edit before it is saved. */
const QUIET_MS = 1200;
/** Waits between tries when the server can't be reached. */
const RETRIES_MS = [2000, 5000, 10_000, 30_000];

export interface SaverEvents {
  onState(state: SaveState): void;
  onLease(expires: Date): void;
  onLost(message: string): void;
}

export class Saver {
  #timer = 0;
  #running: Promise<void> | null = null;
  #failures = 0;
  #heart = 0;
  #ended = false;
  #handingIn = false;
  #answerLost = false;

  /** local: nothing is sent while one works; what is changed stays in this browser. */
  constructor(readonly page: TaskPage, readonly document: LabelDocument, readonly events: SaverEvents, readonly local = false) {
    document.onChange(() => this.#changed());
    addEventListener("online", () => void this.flush());
    globalThis.document.addEventListener("visibilitychange", () => {
      if (globalThis.document.visibilityState === "hidden") void this.flush();
    });
    addEventListener("beforeunload", (event) => {
      if (!this.#ended && this.document.dirty) event.preventDefault();
    });
  }

  async load(): Promise<void> {
    const body = await this.#call<{ tracks: StoredTrack[]; events?: StoredSpan[] }>("GET", this.page.urls.tracks);
    this.document.load(body.tracks, body.events);
    this.events.onState({ kind: "saved", at: null });
    this.#beat();
  }

  /** Saves at once and resolves when there is nothing left to save, or nothing more to try now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#handingIn) return;
    this.#running ??= this.#save().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Hands in, and with it in the same request what is not saved yet: all of it holds, or nothing.
   * Rejects with what went wrong; nothing is lost then, and saving goes on. */
  async submit(): Promise<{ url?: string }> {
    this.#handingIn = true;
    try {
      // A save that is under way ends first: its answer says which revisions the rest starts from.
      await this.#running;
      clearTimeout(this.#timer);
      const batch = this.document.unsaved();
      const { tracks, events, deleted, revisions } = batch;
      const rest = tracks.length + events.length + deleted.length ? { tracks, events, deleted, ...(this.#failures ? {} : { revisions }) } : {};
      let answer: { url?: string };
      try {
        answer = await this.#call("POST", this.page.urls.submit, { token: this.page.lease.token, ...rest });
      } catch (error) {
        throw this.#afterLostAnswer(error);
      }
      this.document.saved(batch);
      this.end();
      this.events.onState({ kind: "saved", at: new Date() });
      return answer;
    } finally {
      this.#handingIn = false;
      this.#changed();
    }
  }

  /** A hand-in whose answer never came may have been taken: the lease is gone then, rightly. */
  #afterLostAnswer(error: unknown): unknown {
    if (!(error instanceof ServerProblem)) this.#answerLost = true;
    else if (this.#answerLost && error.code === "lease_lost") {
      return new ServerProblem(error.status, error.code, "The try before, of which no answer came, may have handed it in: “My work” counts it then.", error.requestId);
    }
    return error;
  }

  /** Gives the task back, with what is saved. */
  async release(): Promise<void> {
    await this.flush();
    await this.#call("POST", this.page.urls.release, { token: this.page.lease.token });
    this.end();
  }

  /** No more saving and no more heartbeats. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#heart);
  }

  get ended(): boolean {
    return this.#ended;
  }

  #changed(): void {
    if (this.#ended || this.#handingIn || !this.document.dirty) return;
    if (!this.#running) this.events.onState({ kind: "changed" });
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), QUIET_MS);
  }

  async #save(): Promise<void> {
    if (this.local) {
      if (this.document.dirty && !this.#ended) this.events.onState({ kind: "kept" });
      return;
    }
    while (this.document.dirty && !this.#ended && !this.#handingIn) {
      const batch = this.document.unsaved();
      this.events.onState({ kind: "saving" });
      let revisions: Record<string, number>;
      try {
        revisions = await this.#send(batch);
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.document.saved(batch, revisions);
      this.#failures = 0;
      this.events.onState({ kind: "saved", at: new Date() });
    }
  }

  async #send({ tracks, events, deleted, revisions }: Unsaved): Promise<Record<string, number>> {
    if (!tracks.length && !events.length && !deleted.length) return {};
    const body = await this.#call<{ revisions?: Record<string, number> }>("PATCH", this.page.urls.tracks, {
      token: this.page.lease.token,
      tracks,
      events,
      deleted,
      // After a failure the server may have the change under a new revision, its answer lost.
      ...(this.#failures ? {} : { revisions }),
    });
    return body.revisions ?? {};
  }

  #failed(error: unknown): void {
    if (this.#isLost(error)) return;
    if (error instanceof ServerProblem && error.code === "conflict") {
      this.events.onState({ kind: "conflict", message: error.message });
      return;
    }
    if (error instanceof ServerProblem && error.status >= 400 && error.status < 500 && error.status !== 429) {
      this.events.onState({ kind: "refused", message: error.message });
      return;
    }
    const wait = RETRIES_MS[Math.min(this.#failures, RETRIES_MS.length - 1)]!;
    this.#failures += 1;
    const message = error instanceof ServerProblem ? error.message : "The server can’t be reached.";
    this.events.onState({ kind: "failed", message, retryAt: new Date(Date.now() + wait) });
    this.#timer = window.setTimeout(() => void this.flush(), wait);
  }

  #isLost(error: unknown): boolean {
    if (!(error instanceof ServerProblem) || error.code !== "lease_lost") return false;
    this.end();
    this.events.onLost(error.message);
    return true;
  }

  /** Renews the lease when half of what is left has passed. */
  #beat(expires = new Date(this.page.lease.expires_at)): void {
    if (!this.page.urls.heartbeat) return;
    this.events.onLease(expires);
    // Not beyond five minutes: a browser cuts timers off at 24 days, and a computer may sleep.
    const half = Math.min(300_000, Math.max(5000, (expires.getTime() - Date.now()) / 2));
    this.#heart = window.setTimeout(() => void this.#renew(expires), half);
  }

  async #renew(expires: Date): Promise<void> {
    try {
      const body = await this.#call<{ expires_at: string }>("POST", this.page.urls.heartbeat, { token: this.page.lease.token });
      this.#beat(new Date(body.expires_at));
    } catch (error) {
      if (this.#isLost(error) || this.#ended) return;
      this.#heart = window.setTimeout(() => void this.#renew(expires), 5000);
    }
  }

  async #call<T>(method: string, url: string, body?: unknown): Promise<T> {
    const response = await fetch(url, {
      method,
      credentials: "same-origin",
      // Answered even when the page is being left; the limit of 64 KB is then the browser's.
      keepalive: method !== "GET" && JSON.stringify(body).length < 60_000,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json", "X-CSRFToken": this.page.csrf }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response.status === 204 ? ({} as T) : ((await response.json()) as T);
    const problem = (await response.json().catch(() => ({}))) as Problem;
    const detail = problem.detail ?? problem.title ?? `The server answered ${response.status}.`;
    throw new ServerProblem(response.status, problem.code ?? "", detail, problem.request_id ?? "");
  }
}
