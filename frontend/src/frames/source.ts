// Where pictures come from. The workbench knows this interface only, so that a browser without
// WebCodecs can be given another driver.

/** One decoded frame. Whoever receives it closes it. */
export interface Picture {
  readonly frame: number;
  readonly image: CanvasImageSource;
  /** Size of the image as drawn, in its own pixels; it may have padding at the right and below. */
  readonly width: number;
  readonly height: number;
  /** It was not decoded yet when it was asked for. */
  readonly late: boolean;
  close(): void;
}

/** Why a frame could not be had; `code` is the server's where it said one. */
export class FrameFailed extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** What a source has at hand. */
export interface Ready {
  /** [first, last] of the frames that can be shown at once. */
  readonly ranges: [number, number][];
  /** Decoded frames that are held now, and the most that ever were. */
  readonly held: number;
  readonly peak: number;
  readonly decoding: boolean;
}

export interface FrameSource {
  /** Exactly this frame; null when a later call overtook this one. Rejects when it can't be had. */
  picture(frame: number): Promise<Picture | null>;
  /** Says that frames from here on will be wanted soon. */
  prefetch(frame: number): void;
  /** Called whenever what is at hand changes. */
  onReady(listener: (ready: Ready) => void): void;
  close(): void;
}
