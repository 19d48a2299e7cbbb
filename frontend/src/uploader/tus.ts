// A client of tus 1.0 (tus.io/protocols/resumable-upload): creation, and resuming by HEAD.

/** Bytes of one PATCH: some proxies refuse larger bodies. */
const PIECE = 64 << 20;
const RETRIES_MS = [1000, 3000, 8000, 20_000, 60_000];
const VERSION = { "Tus-Resumable": "1.0.0" };

export class UploadRefused extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }

  /** Whether the same request may succeed later: the server is away, busy, or still at the last one. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || [408, 409, 423, 425, 429].includes(this.status);
  }
}

export interface Transfer {
  readonly file: File;
  readonly endpoint: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Address of an upload begun earlier, to go on with. */
  readonly begun: string | null;
  readonly signal: AbortSignal;
  onCreated(url: string): void;
  onProgress(bytes: number): void;
  /** Waiting before the next try. */
  onWait(message: string, again: Date): void;
}

/** Sends the file; resolves with the id of the clip. Rejects with UploadRefused, or AbortError. */
export async function upload(transfer: Transfer): Promise<string> {
  let url = transfer.begun;
  for (let failures = 0; ; ) {
    try {
      url ??= await create(transfer);
      return await send(transfer, url, () => (failures = 0));
    } catch (error) {
      transfer.signal.throwIfAborted();
      if (!(error instanceof UploadRefused)) throw error;
      if (url === transfer.begun && [404, 410].includes(error.status)) {
        url = null; // it expired; begin anew
        continue;
      }
      if (!error.passing || failures >= RETRIES_MS.length) throw error;
      const wait = RETRIES_MS[failures++]!;
      transfer.onWait(error.message, new Date(Date.now() + wait));
      await pause(wait, transfer.signal);
    }
  }
}

async function create({ file, endpoint, metadata, signal, onCreated }: Transfer): Promise<string> {
  const answer = await request("POST", endpoint, signal, { "Upload-Length": String(file.size), "Upload-Metadata": encode(metadata) });
  const location = answer.getResponseHeader("Location");
  if (!location) throw new UploadRefused(500, "", "The server named no place for the upload.");
  const url = new URL(location, answer.responseURL).href;
  onCreated(url);
  return url;
}

async function send({ file, signal, onProgress }: Transfer, url: string, onPiece: () => void): Promise<string> {
  let answer = await request("HEAD", url, signal);
  for (;;) {
    const offset = Number(answer.getResponseHeader("Upload-Offset"));
    onProgress(offset);
    const clip = answer.getResponseHeader("Custos-Clip");
    if (offset >= file.size && clip !== null) return clip;
    const piece = file.slice(offset, offset + PIECE);
    const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    answer = await request("PATCH", url, signal, headers, piece, (sent) => onProgress(offset + sent));
    onPiece();
  }
}

/** By XMLHttpRequest: fetch does not tell how much of a body has gone out. */
function request(method: string, url: string, signal: AbortSignal, headers: Record<string, string> = {}, body: Blob | null = null, onSent?: (bytes: number) => void): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    const abort = (): void => xhr.abort();
    signal.addEventListener("abort", abort);
    xhr.open(method, url);
    for (const [name, value] of Object.entries({ ...VERSION, ...headers })) xhr.setRequestHeader(name, value);
    if (onSent) xhr.upload.addEventListener("progress", (event) => onSent(event.loaded));
    xhr.addEventListener("loadend", () => {
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason);
      else if (xhr.status >= 200 && xhr.status < 300) resolve(xhr);
      else reject(refusal(xhr));
    });
    xhr.send(body);
  });
}

function refusal(xhr: XMLHttpRequest): UploadRefused {
  if (xhr.status === 0) return new UploadRefused(0, "offline", "The server can’t be reached.");
  let problem: { code?: string; detail?: string } = {};
  try {
    problem = JSON.parse(xhr.responseText) as typeof problem;
  } catch {
    // A proxy answered, or it was a HEAD: the status has to do.
  }
  return new UploadRefused(xhr.status, problem.code ?? "", problem.detail ?? `The server answered ${xhr.status}.`);
}

/** `key base64(value)`, comma separated; empty values are left out. */
export function encode(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key} ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`)
    .join(",");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
