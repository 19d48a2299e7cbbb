// Says what this browser found about an entry's proof, in the list of steps and in the drawing.

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

/** Checks the proof that stands on the page, and gives the verdict that it shows. */
export async function verify(proof: Proof): Promise<"ok" | "warn" | "bad"> {
  const found = await check(proof);
  mark("leaf", found.leafFits ? "ok" : "bad", short(found.leaf));
  mark("root", found.rootFits ? "ok" : "bad", short(found.root));
  mark("signature", { yes: "ok", no: "bad", unknown: "warn" }[found.signature] as "ok" | "bad" | "warn");
  // The edge that breaks: out of the entry where its bytes do not fit, else into the root.
  const path = document.querySelector("svg.mk");
  if (path && !(found.leafFits && found.rootFits)) {
    path.setAttribute("data-broken-at", found.leafFits ? "root" : "leaf");
    const edges = [...path.querySelectorAll(".mk__e")];
    edges.at(found.leafFits ? -1 : 0)?.classList.add("mk__e--broken");
  }
  const whole = found.leafFits && found.rootFits;
  const verdict = !whole || found.signature === "no" ? "bad" : found.signature === "yes" ? "ok" : "warn";
  const step = !found.leafFits ? "the entry's bytes" : !found.rootFits ? "the path to the root" : "the signature";
  const [title, text, picture] = {
    ok: ["Verified in this browser", "with the key below, no further answer from Custos needed", "shield-check"],
    warn: ["The path fits; the signature was not checked", "This browser has no Ed25519. custos verify checks an exported bundle.", "shield-alert"],
    bad: ["Not verified", `Broken at ${step}. Keep this page and the checkpoint, and tell us.`, "shield-x"],
  }[verdict] as [string, string, string];
  const host = must("verdict");
  host.className = `vres vres--${verdict}`;
  host.dataset["verdict"] = verdict;
  setIcon(host, picture);
  host.querySelector("b")!.textContent = title;
  host.querySelector(".sub")!.textContent = text;
  return verdict as "ok" | "warn" | "bad";
}
