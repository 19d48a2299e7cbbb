// Between pixels of the source and pixels of the screen. CSS pixels throughout; canvases scale.

export interface Point {
  readonly x: number;
  readonly y: number;
}

const NEAREST = 40;
const FARTHEST = 0.1;

export class View {
  scale = 1;
  #x = 0;
  #y = 0;
  #fitted = true;
  #screen = { width: 1, height: 1 };

  constructor(readonly width: number, readonly height: number) {}

  /** The screen's size changed; a fitted picture stays fitted. */
  resize(width: number, height: number): void {
    this.#screen = { width, height };
    if (this.#fitted) this.fit();
    else this.#keepNear();
  }

  fit(): void {
    const { width, height } = this.#screen;
    this.scale = Math.min(width / this.width, height / this.height);
    this.#x = (width - this.width * this.scale) / 2;
    this.#y = (height - this.height * this.scale) / 2;
    this.#fitted = true;
  }

  /** Zooms by a factor, holding the screen point `at` still. */
  zoom(factor: number, at: Point = { x: this.#screen.width / 2, y: this.#screen.height / 2 }): void {
    const scale = Math.min(NEAREST, Math.max(FARTHEST, this.scale * factor));
    const there = this.toSource(at);
    this.scale = scale;
    this.#x = at.x - there.x * scale;
    this.#y = at.y - there.y * scale;
    this.#fitted = false;
    this.#keepNear();
  }

  pan(dx: number, dy: number): void {
    this.#x += dx;
    this.#y += dy;
    this.#fitted = false;
    this.#keepNear();
  }

  /** Brings a source box into view. */
  focus([x1, y1, x2, y2]: readonly number[]): void {
    const { width, height } = this.#screen;
    const room = 0.4;
    this.scale = Math.min(NEAREST, (width * room) / Math.max(8, x2! - x1!), (height * room) / Math.max(8, y2! - y1!));
    this.#x = width / 2 - ((x1! + x2!) / 2) * this.scale;
    this.#y = height / 2 - ((y1! + y2!) / 2) * this.scale;
    this.#fitted = false;
  }

  toSource({ x, y }: Point): Point {
    return { x: (x - this.#x) / this.scale, y: (y - this.#y) / this.scale };
  }

  toScreen({ x, y }: Point): Point {
    return { x: x * this.scale + this.#x, y: y * this.scale + this.#y };
  }

  /** The middle of what is seen, in source pixels. */
  centre(): Point {
    return this.toSource({ x: this.#screen.width / 2, y: this.#screen.height / 2 });
  }

  /** Sets a canvas context to draw in source pixels. */
  apply(context: CanvasRenderingContext2D, ratio: number): void {
    context.setTransform(this.scale * ratio, 0, 0, this.scale * ratio, this.#x * ratio, this.#y * ratio);
  }

  /** At least a strip of the picture stays on the screen. */
  #keepNear(): void {
    const rest = 48;
    const { width, height } = this.#screen;
    this.#x = Math.min(width - rest, Math.max(rest - this.width * this.scale, this.#x));
    this.#y = Math.min(height - rest, Math.max(rest - this.height * this.scale, this.#y));
  }
}
