// The log's pages: one entry with its proof, and the explorer with a panel beside its rows.

import { must } from "../workbench/dom.ts";
import { explore } from "./explorer.ts";
import type { Proof } from "./proof.ts";
import { verify } from "./verdict.ts";

if (document.getElementById("proof")) void verify(JSON.parse(must("proof").textContent ?? "") as Proof);
const explorer = document.querySelector<HTMLElement>("[data-explorer]");
if (explorer) explore(explorer);
