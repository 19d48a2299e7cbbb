// What the page and the server say to each other. See workforce/links/api.py.

import type { NextDoor } from "../labels/wire.ts";

export type Verdict = "different" | "same" | "unsure";
export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

export interface View {
  readonly frame: number;
  readonly box: Box;
}

/** A track of the task; tracks go by their numbers. */
export interface Item {
  readonly number: number;
  readonly clip: string;
  readonly track: string;
  readonly label: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly subject: boolean;
  readonly frames: readonly [number, number];
  readonly views: readonly View[];
  /** The likeliest first. */
  readonly candidates: readonly number[];
  readonly camera: string | null;
  readonly site: string | null;
  /** Instants; null where the clip's clock is not known. */
  readonly begins: string | null;
  readonly ends: string | null;
  readonly time_zone: string;
}

export interface Contradiction {
  readonly kind: "intransitive" | "two_places";
  /** From the first track to the last by `same` decisions. */
  readonly chain: readonly number[];
}

/** What changes with each decision. */
export interface Standing {
  readonly links: readonly (readonly [first: number, second: number, verdict: Verdict])[];
  readonly identities: readonly (readonly number[])[];
  readonly contradictions: readonly Contradiction[];
  readonly unsettled: readonly number[];
  readonly undoable: boolean;
}

export interface DeskWire extends Standing {
  readonly items: readonly Item[];
}

export interface Said {
  readonly first: number;
  readonly second: number;
  readonly verdict: Verdict | "withdrawn";
}

export interface LinksPage {
  readonly task: { readonly id: string; readonly start_frame: number; readonly end_frame: number };
  readonly lease: { readonly token: number; readonly expires_at: string };
  readonly review: boolean;
  readonly csrf: string;
  readonly next: NextDoor | null;
  readonly urls: Readonly<Record<"links" | "undo" | "submit" | "drafts" | "heartbeat" | "release" | "review" | "home" | "clip", string>>;
}
