// The upload widget (components/uploader.html): files are hashed here, then sent one after the
// other; each can be paused, and goes on where it stopped also after the page was closed.

import { clock, el, icon, must } from "../workbench/dom.ts";
import type { FromHashWorker } from "./hash_worker.ts";
import { dropped, isFootage, isNamedLikeFootage } from "./folders.ts";
import { upload, UploadRefused } from "./tus.ts";

const BEGUN = "custos.upload.";

class Upload {
  readonly row: HTMLLIElement;
  readonly #bar: HTMLProgressElement;
  readonly #status = el("span", { class: "up__s", role: "status" });
  readonly #toggle: HTMLButtonElement;
  readonly #remove: HTMLButtonElement;
  #sha256 = "";
  #stop: AbortController | null = null;
  #rate = { at: 0, bytes: 0, perSecond: 0 };
  state: "waiting" | "running" | "paused" | "failed" | "done" = "waiting";

  constructor(readonly file: File, readonly metadata: Record<string, string>, readonly widget: Uploader) {
    this.#bar = el("progress", { class: "up__b", max: "1", value: "0", "aria-label": `Progress of ${file.name}` });
    this.#toggle = el("button", { type: "button", class: "btn btn--sm" });
    this.#toggle.addEventListener("click", () => this.#toggled());
    this.#remove = el("button", { type: "button", class: "btn btn--sm btn--quiet btn--icon", "aria-label": `Remove ${file.name} from the list`, title: "Remove from the list" }, icon("x"));
    this.#remove.addEventListener("click", () => this.widget.remove(this));
    this.row = el("li", { class: "up" }, el("span", { class: "up__n" }, file.name),
      el("span", { class: "row" }, el("span", { class: "muted num" }, size(file.size)), this.#toggle, this.#remove), this.#bar, this.#status);
    if (isNamedLikeFootage(file)) this.#show("waiting", "Waiting for its turn");
    else {
      this.#show("paused", "Not sent: by its name this is no video.");
      this.#toggle.textContent = "Send it all the same";
    }
  }

  async run(): Promise<void> {
    this.#stop = new AbortController();
    try {
      this.#show("running", "Computing the SHA-256");
      this.#sha256 ||= await this.#hash(this.#stop.signal);
      const clip = await this.#send(this.#stop.signal);
      localStorage.removeItem(this.#key);
      this.#bar.value = 1;
      this.row.classList.add("up--ok");
      this.#show("done", `Received and checked. SHA-256 ${this.#sha256}`);
      this.widget.done(clip);
    } catch (error) {
      if (this.#stop.signal.aborted) this.#show("paused", "Paused. What was sent is kept.");
      else this.#failed(error);
    }
  }

  pause(): void {
    this.#stop?.abort();
  }

  #send(signal: AbortSignal): Promise<string> {
    this.#show("running", "Sending");
    return upload({
      file: this.file,
      endpoint: this.widget.endpoint,
      metadata: { ...this.metadata, filename: this.file.name, sha256: this.#sha256 },
      begun: localStorage.getItem(this.#key),
      signal,
      onCreated: (url) => localStorage.setItem(this.#key, url),
      onProgress: (bytes) => this.#progress(bytes),
      onWait: (message, again) => this.#show("running", `${message} Tries again at ${clock(again)}.`),
    });
  }

  #failed(error: unknown): void {
    if (error instanceof UploadRefused && !error.passing) localStorage.removeItem(this.#key);
    this.#show("failed", error instanceof Error ? error.message : String(error));
  }

  /** Same bytes for the same project: the digest says so, wherever the file lies. */
  get #key(): string {
    return `${BEGUN}${this.widget.endpoint}#${this.metadata["project"] ?? ""}#${this.#sha256}`;
  }

  #hash(signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.widget.worker, { name: "sha-256" });
      const end = (): void => {
        worker.terminate();
        signal.removeEventListener("abort", stop);
      };
      const stop = (): void => {
        end();
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop);
      worker.addEventListener("message", ({ data }: MessageEvent<FromHashWorker>) => {
        if (data.kind === "progress") {
          this.#bar.value = this.file.size ? data.bytes / this.file.size : 1;
          return;
        }
        end();
        if (data.kind === "done") resolve(data.sha256);
        else reject(new Error(data.message));
      });
      worker.postMessage(this.file);
    });
  }

  #progress(bytes: number): void {
    const now = performance.now();
    this.#bar.value = this.file.size ? bytes / this.file.size : 1;
    if (!this.#rate.at) this.#rate = { at: now, bytes, perSecond: 0 };
    else if (now - this.#rate.at > 1000) {
      const perSecond = ((bytes - this.#rate.bytes) / (now - this.#rate.at)) * 1000;
      this.#rate = { at: now, bytes, perSecond: this.#rate.perSecond ? this.#rate.perSecond * 0.7 + perSecond * 0.3 : perSecond };
    }
    const left = this.#rate.perSecond > 0 ? `, ${duration((this.file.size - bytes) / this.#rate.perSecond)} left` : "";
    this.#show("running", `${size(bytes)} of ${size(this.file.size)} sent${left}`);
  }

  #toggled(): void {
    if (this.state === "running") this.pause();
    else {
      this.#show("waiting", "Waiting for its turn");
      this.widget.next();
    }
  }

  #show(state: Upload["state"], text: string): void {
    this.state = state;
    this.row.dataset["state"] = state;
    this.#status.textContent = text;
    this.#status.classList.toggle("st--bad", state === "failed");
    this.#toggle.hidden = state === "done" || state === "waiting";
    this.#toggle.textContent = state === "running" ? "Pause" : state === "failed" ? "Try again" : "Go on";
    this.#remove.hidden = state === "running";
    this.widget.tell();
  }
}

export class Uploader {
  readonly endpoint: string;
  readonly worker: string;
  readonly #form: HTMLFormElement;
  readonly #list = must("uploads");
  readonly #uploads: Upload[] = [];

  constructor(host: HTMLElement) {
    this.endpoint = host.dataset["endpoint"]!;
    this.worker = host.dataset["worker"]!;
    this.#form = must<HTMLFormElement>("upload-form");
    const input = must<HTMLInputElement>("upload-files");
    input.addEventListener("change", () => {
      this.#add([...(input.files ?? [])]);
      input.value = "";
    });
    const folder = must<HTMLInputElement>("upload-folder");
    folder.addEventListener("change", () => {
      this.#add([], [...(folder.files ?? [])]);
      folder.value = "";
    });
    this.#listenForDrops(must("upload-drop"));
    addEventListener("beforeunload", (event) => {
      if (this.#uploads.some((one) => one.state === "running")) event.preventDefault();
    });
  }

  next(): void {
    if (this.#uploads.some((one) => one.state === "running")) return;
    const upload = this.#uploads.find((one) => one.state === "waiting");
    if (upload) void upload.run().then(() => this.next());
  }

  remove(upload: Upload): void {
    this.#uploads.splice(this.#uploads.indexOf(upload), 1);
    upload.row.remove();
    this.tell();
  }

  /** Below the list: received once nothing is on its way; until then how many of how many are. */
  tell(): void {
    const done = this.#uploads.filter((one) => one.state === "done").length;
    const left = this.#uploads.filter((one) => one.state === "running" || one.state === "waiting").length;
    const stopped = this.#uploads.length - done - left;
    must("upload-done").hidden = !done;
    must("upload-received").hidden = left > 0 || stopped > 0;
    const some = must("upload-some");
    some.hidden = !left && !stopped;
    const missing = [left ? `${left} still on the way` : "", stopped ? `${stopped} not sent` : ""].filter(Boolean);
    some.textContent = `${done} of ${this.#uploads.length} received, ${missing.join(", ")}.`;
  }

  /** For the page around: it may list the clip, or link to it. */
  done(clip: string): void {
    this.#list.dispatchEvent(new CustomEvent("custos:uploaded", { bubbles: true, detail: { clip } }));
  }

  /** `inside`: files of folders, of which only footage is taken. */
  #add(chosen: File[], inside: File[] = []): void {
    const footage = inside.filter(isFootage), files = [...chosen, ...footage];
    const left = inside.length - footage.length;
    if (inside.length) must("upload-say").textContent = `${footage.length} of ${inside.length} files in the folder are footage.${left ? " The others are left out." : ""}`;
    if (!files.length || !this.#form.reportValidity()) return;
    const metadata: Record<string, string> = {};
    for (const [name, value] of new FormData(this.#form)) if (typeof value === "string") metadata[name] = this.#instant(name, value);
    for (const file of files) {
      const upload = new Upload(file, metadata, this);
      this.#uploads.push(upload);
      this.#list.append(upload.row);
      this.tell();
    }
    this.next();
  }

  /** A local time becomes an instant: the server wants an offset with it. */
  #instant(name: string, value: string): string {
    return name === "starts_at" && value ? new Date(value).toISOString() : value;
  }

  #listenForDrops(area: HTMLElement): void {
    area.addEventListener("dragover", (event) => {
      event.preventDefault();
      area.classList.add("drop--over");
    });
    for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("drop--over"));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer) void dropped(event.dataTransfer).then(({ files, inside }) => this.#add(files, inside));
    });
  }
}

function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power ? value.toPrecision(3) : value} ${units[power]}`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.ceil((seconds % 3600) / 60)).padStart(2, "0")}`;
}

const host = document.getElementById("uploader");
if (host) new Uploader(host);
