// Everything the workbench can do, with its keys: one table for the keyboard, the tool buttons and
// the key sheet. Keys follow CVAT where it has one.

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: "Frames" | "Objects" | "Events" | "Flags and attributes" | "View" | "Task" | "Review";
  /** As `KeyboardEvent.key`, lower case, with "ctrl+", "alt+" and "shift+" before it. */
  readonly keys: readonly string[];
  /** Key names for people, where they are not the keys themselves. */
  readonly shown?: readonly string[];
  /** Works in read-only mode too. */
  readonly looking?: boolean;
  /** Of a reviewer's commands: keeps its keys while labels are mended. */
  readonly always?: boolean;
  run(): void;
}

const SWITCH = "custos.single-keys";

export class Keyboard {
  readonly #byKey = new Map<string, Command>();
  #single = localStorage.getItem(SWITCH) !== "off";

  constructor(public commands: readonly Command[], readonly readOnly: () => boolean) {
    this.use(commands);
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Takes other commands; of two that want a key neither is taken by silence. */
  use(commands: readonly Command[]): void {
    this.commands = commands;
    this.#byKey.clear();
    for (const command of commands) {
      for (const key of command.keys) {
        if (this.#byKey.has(key)) throw new Error(`Two commands want ${key}.`);
        this.#byKey.set(key, command);
      }
    }
  }

  /** Keys without Ctrl or Alt can be switched off (WCAG 2.1.4). */
  get singleKeys(): boolean {
    return this.#single;
  }

  set singleKeys(on: boolean) {
    this.#single = on;
    localStorage.setItem(SWITCH, on ? "on" : "off");
  }

  #press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const key = keyOf(event);
    const command = this.#byKey.get(key);
    if (!command) return;
    const plain = !key.startsWith("ctrl+") && !key.startsWith("alt+") && !/^f\d/.test(key) && key !== "escape";
    if (plain && (!this.#single || this.#belongsToFocus(event, key))) return;
    if (!command.looking && this.readOnly()) return;
    event.preventDefault();
    command.run();
  }

  /** Text fields keep their letters; buttons and choices keep Space, Enter and their arrows; Tab
   * stays the browser's outside the picture, or nobody gets out of a panel. */
  #belongsToFocus(event: KeyboardEvent, key: string): boolean {
    const target = event.target;
    if (!(target instanceof HTMLElement)) return false;
    if (target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")) return true;
    if (target.matches("button, a, summary, input") && (key === " " || key === "enter")) return true;
    if (target.matches("input[type=radio]") && key.includes("arrow")) return true;
    return (key === "tab" || key === "shift+tab") && target.id !== "main";
  }
}

export function keyOf(event: KeyboardEvent): string {
  // Digits by their place, so that Shift 1 is Shift 1 on every layout.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  const key = digit ? digit[1]! : event.key.toLowerCase();
  const shift = event.shiftKey && (key.length > 1 || digit || /^[a-z]$/.test(key));
  const control = event.ctrlKey || event.metaKey;
  // AltGraph and Option write characters of their own; the place on the board is what is meant.
  const letter = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : key;
  return `${control ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}${shift ? "shift+" : ""}${letter}`;
}

const NAMES: Record<string, string> = {
  ctrl: "Ctrl", alt: "Alt", shift: "⇧", " ": "Space", escape: "Esc", enter: "⏎", delete: "Del", backspace: "⌫", tab: "Tab", home: "Home", end: "End",
  arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓",
};

/** "ctrl+shift+z" -> "Ctrl ⇧ Z". */
export function keyName(key: string): string {
  return key.split("+").map((part) => NAMES[part] ?? part.toUpperCase()).join(" ");
}
