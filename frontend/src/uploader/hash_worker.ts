// SHA-256 of a file, read in pieces: the digest that client and server agree on.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

export type FromHashWorker = { kind: "progress"; bytes: number } | { kind: "done"; sha256: string } | { kind: "failed"; message: string };

const PIECE = 4 << 20;

self.addEventListener("message", (event: MessageEvent<File>) => void hash(event.data));

async function hash(file: File): Promise<void> {
  const post = (message: FromHashWorker): void => self.postMessage(message);
  try {
    const running = sha256.create();
    for (let at = 0; at < file.size; at += PIECE) {
      running.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      post({ kind: "progress", bytes: Math.min(file.size, at + PIECE) });
    }
    post({ kind: "done", sha256: bytesToHex(running.digest()) });
  } catch {
    // The file was moved, changed or is on a disk that went away.
    post({ kind: "failed", message: "The file can’t be read. Choose it again." });
  }
}
