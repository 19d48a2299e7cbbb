// What the page and the server say to each other. See workforce/redaction/checking_api.py.

export type Subject = "faces" | "heads" | "plates";
/** Frame, then the box x1 y1 x2 y2 in source pixels; linear in between. */
export type Keyframe = readonly [frame: number, x1: number, y1: number, x2: number, y2: number];

export interface MaskTrack {
  readonly id: string;
  readonly subject: Subject;
  readonly keyframes: readonly Keyframe[];
}

export interface Dropped {
  readonly id: string;
  readonly reason: string;
}

export interface Reason {
  readonly kind: "exposed" | "unmasked" | "once" | "weak" | "gap";
  readonly subject: Subject;
  readonly value: number;
  readonly track: string | null;
  readonly box: readonly [number, number, number, number] | null;
}

export interface Suspect {
  readonly frame: number;
  readonly reasons: readonly Reason[];
}

export interface MasksWire {
  readonly run: string;
  readonly revision: number;
  /** The revision that the copy shows. */
  readonly rendered: number;
  readonly engine: readonly MaskTrack[];
  readonly tracks: readonly MaskTrack[];
  readonly dropped: readonly Dropped[];
  readonly suspects: readonly Suspect[];
}

export interface MasksPage {
  readonly csrf: string;
  readonly urls: Readonly<Record<"masks" | "lease" | "copy" | "check" | "index" | "init" | "gop" | "home", string>>;
}
