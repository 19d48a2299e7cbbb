// What the reviewer's page carries beside the task; see workforce/workbench/reviewing.py.

import type { Item, TaskPage } from "../labels/wire.ts";

export interface Standard {
  readonly kind: string;
  readonly text: string;
}

/** What was said of the task before, by a reviewer or its client. */
export interface Said {
  readonly frame: number;
  readonly track: string | null;
  readonly text: string;
  readonly outcome: string;
  readonly by: "client" | "review";
}

export interface ReviewPage extends TaskPage {
  urls: TaskPage["urls"] & { review: string };
  review: {
    standard: Standard[];
    earlier: Said[];
    rounds: number;
    correctable: boolean;
    changes: string;
  };
}

/** A reason of this review: where it is pinned, and perhaps which standard one it is. */
export interface Comment {
  readonly frame: number;
  readonly track: string | null;
  readonly text: string;
  readonly kind: string;
}

/** See workforce/labels/differences.py. */
export interface Difference {
  readonly id: string;
  readonly change: "added" | "removed" | "changed";
  readonly what: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly before: Item | null;
}

export type Outcome = "accept" | "send_back" | "correct";
