// Building elements without markup strings: what people typed can never become markup.

type Child = Node | string | null;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite; decoration, so the words or the label are the caller's. */
export function icon(name: string, small = true): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", small ? "icon icon--sm" : "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.documentElement.dataset["icons"]}#${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(host: Element, name: string): void {
  host.querySelector("use")?.setAttribute("href", `${document.documentElement.dataset["icons"]}#${name}`);
}

/** The element of that id, which the page's template promises. */
export function must<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element as T;
}

const WHOLE = new Intl.NumberFormat("en-GB");
export const count = (value: number): string => WHOLE.format(value);
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
export const clock = (date: Date): string => date.toLocaleTimeString("en-GB");
