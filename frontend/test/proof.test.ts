import assert from "node:assert/strict";
import { test } from "node:test";
import { check, headOf, leafHash, rootOf, signed, type Proof } from "../src/log/proof.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concatBytes(Uint8Array.of(1), left, right));

/** RFC 6962 written as it is defined, to hold the page's short form against. */
function tree(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!;
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return node(tree(leaves.slice(0, k)), tree(leaves.slice(k)));
}

function path(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return index < k ? [...path(index, leaves.slice(0, k)), tree(leaves.slice(k))] : [...path(index - k, leaves.slice(k)), tree(leaves.slice(0, k))];
}

async function logOf(size: number, index: number): Promise<Proof> {
  const entries = Array.from({ length: size }, (_, i) => `{"action":"footage.frames.serve","n":${i}}`);
  const leaves = entries.map(leafHash);
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const name = "custos.example/log/t/1";
  const id = sha256(concatBytes(new TextEncoder().encode(`${name}\n`), Uint8Array.of(1), raw)).slice(0, 4);
  const text = `${name}\n${size}\n${base64(tree(leaves))}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, new TextEncoder().encode(text)));
  return {
    index,
    size,
    entry: entries[index]!,
    leaf: base64(leaves[index]!),
    proof: path(index, leaves).map(base64),
    checkpoint: `${text}\n— ${name} ${base64(concatBytes(id, signature))}\n`,
    key: `${name}+${Buffer.from(id).toString("hex")}+${base64(concatBytes(Uint8Array.of(1), raw))}`,
  };
}

test("every leaf of trees of 1 to 20 leaves leads to the root", () => {
  for (let size = 1; size <= 20; size++) {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(String(i)));
    for (let index = 0; index < size; index++) {
      assert.deepEqual(rootOf(index, size, leaves[index]!, path(index, leaves)), tree(leaves), `${index} of ${size}`);
    }
  }
});

test("a proof of the wrong length leads nowhere", () => {
  const leaf = leafHash("a");
  assert.equal(rootOf(0, 2, leaf, []), null);
  assert.equal(rootOf(0, 1, leaf, [leaf]), null);
  assert.equal(rootOf(1, 1, leaf, []), null);
});

test("a whole proof holds; each change of it is found", async () => {
  const proof = await logOf(11, 6);
  const found = await check(proof);
  assert.deepEqual([found.leafFits, found.rootFits, found.signature], [true, true, "yes"]);
  const entry = await check({ ...proof, entry: proof.entry.replace("serve", "erase") });
  assert.deepEqual([entry.leafFits, entry.rootFits], [false, false]);
  assert.equal((await check({ ...proof, index: 5 })).rootFits, false);
  const larger = proof.checkpoint.replace("\n11\n", "\n12\n");
  assert.equal((await check({ ...proof, checkpoint: larger })).signature, "no");
  assert.equal((await check({ ...proof, checkpoint: larger })).rootFits, false);
});

test("another log's key does not vouch for this one", async () => {
  const [one, other] = [await logOf(3, 0), await logOf(3, 0)];
  assert.equal(await signed(one.checkpoint, other.key), "no");
  assert.equal(headOf(one.checkpoint).size, 3);
});
