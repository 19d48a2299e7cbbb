// The JSON that the server speaks. Field names are the server's; see workforce/labels/tracks.py.

export type Scalar = string | number | boolean;
/** One value for the whole track, or [frame, value] changes of a mutable attribute. */
export type AttributeValue = Scalar | [number, Scalar][];
/** [frame, flags, geometry]; frames are 0-based of the whole clip, geometry is in source pixels. */
export type Keyframe = readonly [frame: number, flags: number, geometry: readonly number[]];

export interface Track {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly keyframes: readonly Keyframe[];
}

/** As the server lists it. */
export interface StoredTrack extends Track {
  readonly revision?: number;
}

/** Something that happens from one frame to another, both included; see workforce/labels/spans.py. */
export interface Span {
  readonly id: string;
  readonly event: string;
  readonly start: number;
  readonly end: number;
  /** Ids of tracks of this task. */
  readonly participants: readonly string[];
  /** Ids of zones of the clip's camera. */
  readonly zones: readonly string[];
  readonly attributes: Readonly<Record<string, Scalar>>;
}

export interface StoredSpan extends Span {
  readonly revision?: number;
}

export type Item = Track | Span;
export const isSpan = (item: Item): item is Span => "event" in item;

/** A static area of the camera's picture. */
export interface Zone {
  id: string;
  name: string;
  kind: string;
  polygon: [number, number][];
}

export const OUTSIDE = 1;
export const OCCLUDED = 2;
export const AUTOMATIC = 4;

export interface AttributeSpec {
  key: string;
  name: string;
  type: "select" | "checkbox" | "number" | "text";
  values?: string[];
  mutable?: boolean;
  default?: Scalar | null;
}

export interface LabelSpec {
  key: string;
  name: string;
  kinds: string[];
  color?: string;
  attributes?: AttributeSpec[];
}

export interface EventSpec {
  key: string;
  name: string;
  /** Labels of those who may take part, kinds of zones it is told of; empty means any. */
  participants?: string[];
  zones?: string[];
  attributes?: AttributeSpec[];
}

export interface Ontology {
  labels: LabelSpec[];
  events?: EventSpec[];
}

/** What the page carries in <script type="application/json" id="task">. */
export interface TaskPage {
  task: { id: string; start_frame: number; end_frame: number; type: string; label: string };
  lease: { token: number | string; expires_at: string };
  /** The page draws the truth of gold: no lease, and nothing is sent before the next version is. */
  truth?: { version: number };
  ontology: Ontology;
  zones?: Zone[];
  /** Keys of all labels that the project ever had, by their first version: place 1 is digit 1 in
   * every task of the project, whichever version it is done in. */
  label_keys?: string[];
  urls: {
    index: string;
    /** The init segment: what sets a <video> up. */
    init: string;
    /** Contains {n}, the number of the GOP. */
    gop: string;
    tracks: string;
    submit: string;
    heartbeat: string;
    release: string;
    /** Where to go when the task is left; the person's home page. */
    home?: string;
  };
  /** Where more work of this kind is taken; null or missing where the person works for no vendor. */
  next?: NextDoor | null;
  csrf: string;
}

/** The door of "Next task", and the page that says why there is nothing. */
export interface NextDoor {
  readonly lease: string;
  readonly work: "annotate" | "review" | "quiz";
  readonly why: string;
}

/** RFC 9457. */
export interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  request_id?: string;
}
