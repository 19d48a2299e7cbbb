// Checks an entry's proof where it is read: RFC 6962 hashes, and the Ed25519 signature of the
// checkpoint (c2sp.org/signed-note). Only the data on the page is used.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

export interface Proof {
  index: number;
  size: number;
  /** The entry's own text: what was hashed are its bytes. */
  entry: string;
  leaf: string;
  proof: string[];
  checkpoint: string;
  key: string;
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const utf8 = new TextEncoder();

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const same = (a: Uint8Array, b: Uint8Array): boolean => bytesToHex(a) === bytesToHex(b);

export const leafHash = (entry: string): Uint8Array => sha256(concatBytes(LEAF, utf8.encode(entry)));

/** The root that the hashes lead to, or null if there are too many or too few: RFC 9162 2.1.3.2. */
export function rootOf(index: number, size: number, leaf: Uint8Array, proof: readonly Uint8Array[]): Uint8Array | null {
  if (index < 0 || index >= size) return null;
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const hash of proof) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      root = sha256(concatBytes(NODE, hash, root));
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else root = sha256(concatBytes(NODE, root, hash));
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? root : null;
}

export interface Head {
  origin: string;
  size: number;
  root: Uint8Array;
}

export function headOf(note: string): Head {
  const [origin = "", size = "", root = ""] = note.split("\n");
  return { origin, size: Number(size), root: fromBase64(root) };
}

export type Signed = "yes" | "no" | "unknown";

/** Whether the key's signature stands under the note; unknown where the browser has no Ed25519. */
export async function signed(note: string, key: string): Promise<Signed> {
  const [name = "", id = "", encoded = ""] = key.split("+", 2).concat(key.split("+").slice(2).join("+"));
  const gap = note.lastIndexOf("\n\n");
  const text = utf8.encode(note.slice(0, gap + 1));
  const line = note.slice(gap + 2).split("\n").find((one) => one.startsWith(`— ${name} `));
  if (!line) return "no";
  const signature = fromBase64(line.slice(`— ${name} `.length));
  if (!same(signature.slice(0, 4), hexToBytes(id))) return "no";
  try {
    const raw = fromBase64(encoded).slice(1); // after the type byte
    const imported = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return (await crypto.subtle.verify({ name: "Ed25519" }, imported, signature.slice(4), text)) ? "yes" : "no";
  } catch {
    return "unknown"; // an old browser, or a page without TLS: there is no Ed25519 in it
  }
}

export interface Checked {
  leaf: Uint8Array;
  leafFits: boolean;
  root: Uint8Array | null;
  rootFits: boolean;
  signature: Signed;
}

export async function check(proof: Proof): Promise<Checked> {
  const head = headOf(proof.checkpoint);
  const leaf = leafHash(proof.entry);
  const root = rootOf(proof.index, proof.size, leaf, proof.proof.map(fromBase64));
  return {
    leaf,
    leafFits: same(leaf, fromBase64(proof.leaf)),
    root,
    rootFits: root !== null && head.size === proof.size && same(root, head.root),
    signature: await signed(proof.checkpoint, proof.key),
  };
}
