// Where pictures come from. The workbench knows this interface only, so that a browser without
// WebCodecs can be given another driver.

/** One decoded frame. Whoever receives it closes it. */
export interface Picture {
  readonly frame: number;
  readonly image: CanvasImageSource;
  /** Size of the image as drawn, in its own pixels; it may have padding at the right and below. */
  readonly width: number;
  readonly height: number;
  close(): void;
}

export interface FrameSource {
  /** Exactly this frame; null when a later call overtook this one. Rejects when it can't be had. */
  picture(frame: number): Promise<Picture | null>;
  /** Says that frames from here on will be wanted soon. */
  prefetch(frame: number): void;
  /** Called with the frame ranges [first, last] that can be shown at once. */
  onReady(listener: (ranges: [number, number][]) => void): void;
  close(): void;
}
