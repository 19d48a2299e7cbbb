// The page of one entry: says what this browser found about its proof.

import { bytesToHex } from "@noble/hashes/utils.js";
import { must, setIcon } from "../workbench/dom.ts";
import { check, type Proof } from "./proof.ts";

const short = (hash: Uint8Array | null): string => (hash ? bytesToHex(hash).replace(/^(.{6}).*(..)$/, "$1…$2") : "none");

function mark(step: string, tone: "ok" | "bad" | "warn", hash?: string): void {
  const item = must("verdict").querySelector(`[data-step="${step}"]`)!;
  item.className = `vstep--${tone}`;
  setIcon(item, { ok: "check", bad: "x", warn: "minus" }[tone]);
  const place = item.querySelector(".mono");
  if (place && hash !== undefined) place.textContent = hash;
}

async function start(): Promise<void> {
  const found = await check(JSON.parse(must("proof").textContent ?? "") as Proof);
  mark("leaf", found.leafFits ? "ok" : "bad", short(found.leaf));
  mark("root", found.rootFits ? "ok" : "bad", short(found.root));
  mark("signature", { yes: "ok", no: "bad", unknown: "warn" }[found.signature] as "ok" | "bad" | "warn");
  const whole = found.leafFits && found.rootFits;
  const verdict = !whole || found.signature === "no" ? "bad" : found.signature === "yes" ? "ok" : "warn";
  const [title, text, picture] = {
    ok: ["Verified in this browser", "with the key below, no further answer from Custos needed", "shield-check"],
    warn: ["The path fits; the signature was not checked", "This browser has no Ed25519. custos verify checks an exported bundle.", "shield-alert"],
    bad: ["Not verified", "Keep this page and the checkpoint, and tell us: the step that failed is marked.", "shield-x"],
  }[verdict] as [string, string, string];
  const host = must("verdict");
  host.className = `vres vres--${verdict}`;
  host.dataset["verdict"] = verdict;
  setIcon(host, picture);
  host.querySelector("b")!.textContent = title;
  host.querySelector(".sub")!.textContent = text;
}

void start();
