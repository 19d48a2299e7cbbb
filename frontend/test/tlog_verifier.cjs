// Checks a transparency log proof with Sigstore's own verifier: JSON on stdin, "verified" on stdout.
// Sigstore's entry point wants a whole Sigstore bundle; its log part is asked directly.
const { createPublicKey } = require("node:crypto");
const { verifyTLogInclusion } = require("@sigstore/verify/dist/tlog");

const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const bytes = (text) => Buffer.from(text, "base64");
const entry = {
  canonicalizedBody: bytes(given.entry),
  inclusionProof: {
    logIndex: String(given.index),
    treeSize: String(given.size),
    rootHash: bytes(given.root),
    hashes: given.proof.map(bytes),
    checkpoint: { envelope: given.checkpoint },
  },
};
const log = {
  logID: bytes(given.keyId),
  publicKey: createPublicKey({ key: bytes(given.spki), format: "der", type: "spki" }),
  baseURL: given.origin,
};
try {
  verifyTLogInclusion(entry, [log]);
  console.log("verified");
} catch (error) {
  console.log(error.code ?? String(error));
}
