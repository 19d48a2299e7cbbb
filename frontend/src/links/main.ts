// The page on which somebody says which tracks are one object, across clips and cameras; and on
// which a reviewer reads what was said.

import { clock, count, el, icon, must, plural } from "../workbench/dom.ts";
import { offerNext } from "../workbench/next.ts";
import { Notes } from "../workbench/notes.ts";
import { facts, nameOf, pictures, pill, SAID } from "./cards.ts";
import { Crops } from "./crops.ts";
import { Desk } from "./desk.ts";
import { Review } from "./review.ts";
import { apart, Sheet } from "./sheet.ts";
import type { DeskWire, Item, LinksPage, Said, Verdict } from "./wire.ts";

const VERDICTS: readonly [Verdict, string][] = [["same", "S"], ["different", "D"], ["unsure", "U"]];
const KINDS = {
  two_places: "Two places at once",
  intransitive: "The same and not the same",
};

class LinkBench {
  readonly #notes = new Notes(must("notes"));
  readonly #crops: Crops;
  readonly #sheet: Sheet;
  readonly #desk: Desk;
  #subject: number;
  /** Place of the chosen candidate in the subject's list. */
  #at = 0;
  #done = false;

  constructor(readonly page: LinksPage, wire: DeskWire, desk: Desk) {
    this.#desk = desk;
    this.#sheet = new Sheet(wire);
    const root = must("links");
    this.#crops = new Crops(must("hidden-player"), root.dataset["worker"]!, page.urls.clip);
    this.#subject = this.#sheet.nextOpen(-1) ?? this.#sheet.subjects[0]?.number ?? 0;
    this.#wire();
    this.#open(this.#subject);
    root.dataset["state"] = "open";
  }

  get sheet(): Sheet {
    return this.#sheet;
  }

  get subject(): Item {
    return this.#sheet.items[this.#subject]!;
  }

  get notes(): Notes {
    return this.#notes;
  }

  take(standing: Sheet["standing"]): void {
    this.#sheet.standing = standing;
    this.#show();
  }

  saving(waiting: number): void {
    const [tone, name, text] = waiting ? ["info", "refresh-cw", "Saving"] : ["ok", "circle-check", "Saved"];
    must("saved").replaceChildren(el("span", { class: `st st--${tone}` }, icon(name!), text!), el("span", { class: "sub" }, waiting ? plural(waiting, "step") : clock(new Date())));
    if (!waiting) this.#notes.drop("trouble");
  }

  trouble(message: string, retry: () => void): void {
    this.#notes.show("trouble", "bad", "This is not saved yet.", message, [{ text: "Try again", primary: true, run: retry }]);
    void this.#desk.read().then((desk) => this.take(desk), () => undefined);
  }

  lost(why: string): void {
    must("lease").replaceChildren(el("span", { class: "st st--bad" }, icon("lock-open"), "Not yours"));
    this.#notes.show("lost", "warn", "You can look, but no longer decide anything.", why, [{ text: "Go to my work", primary: true, run: () => location.assign(this.page.urls.home) }]);
    this.#show();
  }

  /** Decisions that came after the lease was lost some time: taken over if the person says so. */
  offer(drafted: readonly (readonly [number, number, string])[]): void {
    const missing = this.#sheet.missing(drafted);
    if (!missing.length) return;
    this.#notes.show("draft", "info", `${plural(missing.length, "decision")} of yours came too late once.`, "They were kept. Take them over, or leave them.", [
      { text: "Take them over", primary: true, run: () => { this.#notes.drop("draft"); this.#desk.say(missing); } },
      { text: "Leave them", run: () => { this.#notes.drop("draft"); } },
    ]);
  }

  /** Shows the track that is on a frame of the task's clip. */
  goTo(frame: number): void {
    const there = this.#sheet.subjects.find(({ frames }) => frames[0] <= frame && frame <= frames[1]);
    if (there) this.#open(there.number);
  }

  end(state: string): void {
    this.#done = true;
    this.#desk.end();
    must("links").dataset["state"] = state;
    this.#show();
  }

  get #editable(): boolean {
    return !this.page.review && this.#desk.holds && !this.#done;
  }

  #wire(): void {
    const acts: Record<string, () => void> = {
      next: () => this.#step(1), previous: () => this.#step(-1), none: () => this.#none(), undo: () => this.#undo(),
      submit: () => this.#check(), release: () => void this.#release(), keys: () => must<HTMLDialogElement>("keys-sheet").showModal(),
      left: () => this.#move(-1), right: () => this.#move(1),
      same: () => this.#say("same"), different: () => this.#say("different"), unsure: () => this.#say("unsure"),
    };
    for (const button of document.querySelectorAll<HTMLElement>("[data-act]")) button.addEventListener("click", () => acts[button.dataset["act"]!]?.());
    for (const button of document.querySelectorAll<HTMLElement>("[data-close]")) button.addEventListener("click", () => button.closest("dialog")!.close());
    for (const button of document.querySelectorAll<HTMLElement>("[data-go-frame]")) button.addEventListener("click", () => this.goTo(Number(button.dataset["goFrame"])));
    const keys: Record<string, string> = { s: "same", d: "different", u: "unsure", n: "none", j: "next", k: "previous", arrowdown: "next", arrowup: "previous", arrowleft: "left", arrowright: "right", f1: "keys" };
    document.addEventListener("keydown", (event) => {
      if (event.altKey || (event.target as Element).closest("input, textarea, select, dialog")) return;
      const key = event.key.toLowerCase();
      const control: Record<string, string> = { z: "undo", enter: "submit" };
      const act = event.ctrlKey || event.metaKey ? control[key] : keys[key];
      if (!act || event.repeat) return;
      event.preventDefault();
      acts[act]!();
    });
    must("submit-now").addEventListener("click", () => void this.#submit());
    addEventListener("beforeunload", (event) => { if (this.#desk.pending && this.#desk.holds) event.preventDefault(); });
  }

  #open(number: number): void {
    this.#subject = number;
    const first = this.subject.candidates.findIndex((other) => this.#sheet.said(number, other) === null);
    this.#at = Math.max(0, first);
    const still = (): boolean => this.#subject === number;
    const failed = (error: Error): void => void this.#notes.show("picture", "bad", "A picture can’t be shown.", error.message);
    must("subject-pics").replaceChildren(pictures(this.#crops, this.subject, true, still, failed));
    must("subject-facts").replaceChildren(facts(this.subject));
    must("candidates").replaceChildren(...this.subject.candidates.map((other, place) => this.#card(this.#sheet.items[other]!, place, still, failed)));
    this.#show();
    must("said").textContent = `${nameOf(this.subject)}, ${plural(this.subject.candidates.length, "candidate")}`;
  }

  #card(item: Item, place: number, still: () => boolean, failed: (error: Error) => void): HTMLElement {
    const more = el("button", { type: "button", class: "btn btn--sm btn--quiet" }, icon("images"), "More pictures");
    const pics = el("div", {}, pictures(this.#crops, item, false, still, failed));
    more.addEventListener("click", () => { more.remove(); pics.replaceChildren(pictures(this.#crops, item, true, still, failed)); });
    const buttons = VERDICTS.map(([verdict, key]) => {
      const button = el("button", { type: "button", class: "btn btn--sm", "data-verdict": verdict, "aria-pressed": "false" }, SAID[verdict].word, el("kbd", { "aria-hidden": "true" }, key));
      button.addEventListener("click", () => { this.#choose(place); this.#say(verdict); });
      return button;
    });
    const card = el("li", { class: "lk__card", "data-place": String(place), "data-item": String(item.number) },
      el("div", { class: "lk__head" }, el("h3", {}, nameOf(item)), el("span", { class: "lk__is" })),
      pics, facts(item, apart(this.subject, item)),
      el("div", { class: "lk__say", role: "group", "aria-label": `${nameOf(this.subject)} and ${nameOf(item)}` }, ...buttons),
      item.views.length > 1 ? more : null);
    card.addEventListener("click", () => this.#choose(place));
    return card;
  }

  #choose(place: number): void {
    this.#at = place;
    this.#mark();
  }

  #move(by: number): void {
    const last = this.subject.candidates.length - 1;
    this.#choose(Math.min(last, Math.max(0, this.#at + by)));
    must("candidates").children[this.#at]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #step(by: number): void {
    const all = this.#sheet.subjects;
    const here = all.findIndex(({ number }) => number === this.#subject);
    const next = all[here + by];
    if (next) this.#open(next.number);
  }

  #say(verdict: Verdict): void {
    const other = this.subject.candidates[this.#at];
    if (other === undefined || !this.#editable) return;
    const before = this.#sheet.said(this.#subject, other);
    this.#send([{ first: this.#subject, second: other, verdict: before === verdict ? "withdrawn" : verdict }]);
    if (before !== verdict && this.#at < this.subject.candidates.length - 1) this.#move(1);
  }

  #none(): void {
    const said = this.#sheet.noneOf(this.subject);
    if (!said.length || !this.#editable) return;
    this.#send(said);
    const next = this.#sheet.standing.unsettled.filter((number) => number !== this.#subject);
    const open = next.find((number) => number > this.#subject) ?? next[0];
    if (open !== undefined) this.#open(open);
  }

  /** Shows at once what was said; what the server answers holds. */
  #send(said: readonly Said[]): void {
    const { links, ...rest } = this.#sheet.standing;
    const others = links.filter(([a, b]) => !said.some((one) => (one.first === a && one.second === b) || (one.first === b && one.second === a)));
    const added = said.flatMap((one) => (one.verdict === "withdrawn" ? [] : [[one.first, one.second, one.verdict] as const]));
    this.#sheet.standing = { ...rest, links: [...others, ...added], undoable: true };
    this.#show();
    this.#desk.say(said);
  }

  #undo(): void {
    if (this.#editable && (this.#sheet.standing.undoable || this.#desk.pending)) this.#desk.undo();
  }

  #show(): void {
    this.#mark();
    const { subjects, standing } = this.#sheet;
    must("progress").textContent = `${count(this.#sheet.settled)} of ${plural(subjects.length, "track")} settled`;
    must<HTMLProgressElement>("bar").value = subjects.length ? this.#sheet.settled / subjects.length : 1;
    must("subject-name").textContent = nameOf(this.subject);
    const group = this.#sheet.identity(this.#subject);
    must("subject-identity").textContent = group.length ? `One object with ${group.map((n) => nameOf(this.#sheet.items[n]!)).join(", ")}` : "";
    must("subjects").replaceChildren(...subjects.map((item) => this.#row(item)));
    must("problems").replaceChildren(...standing.contradictions.map((problem) => this.#problem(problem)));
    must("problems-none").hidden = standing.contradictions.length > 0;
    must("problems-count").textContent = standing.contradictions.length ? String(standing.contradictions.length) : "";
    for (const [act, on] of [["undo", standing.undoable], ["none", this.#sheet.noneOf(this.subject).length > 0], ["submit", true], ["release", true]] as const) {
      for (const button of document.querySelectorAll<HTMLButtonElement>(`[data-act="${act}"]`)) button.disabled = !on || !this.#editable;
    }
  }

  #mark(): void {
    for (const card of must("candidates").children as HTMLCollectionOf<HTMLElement>) {
      const item = this.#sheet.items[Number(card.dataset["item"])]!;
      const said = this.#sheet.said(this.#subject, item.number);
      card.toggleAttribute("aria-current", Number(card.dataset["place"]) === this.#at);
      card.dataset["said"] = said ?? "";
      const through = said === null && this.#sheet.identity(this.#subject).includes(item.number);
      card.querySelector(".lk__is")!.replaceChildren(...(said ? [pill(SAID[said].tone, SAID[said].icon, SAID[said].word)] : through ? [pill("info", "link", "By way of another")] : []));
      for (const button of card.querySelectorAll<HTMLButtonElement>("[data-verdict]")) {
        button.setAttribute("aria-pressed", String(button.dataset["verdict"] === said));
        button.disabled = !this.#editable;
      }
    }
  }

  #row(item: Item): HTMLElement {
    const state = this.#sheet.state(item.number);
    const [name, words] = state === "linked" ? ["link", "linked"] : state === "alone" ? ["circle-check", "none of them"] : ["circle", "open"];
    const go = el("button", { type: "button", class: "lk__row" }, icon(name!), el("span", {}, nameOf(item)), el("span", { class: "muted" }, words!));
    go.toggleAttribute("aria-current", item.number === this.#subject);
    go.addEventListener("click", () => this.#open(item.number));
    return el("li", {}, go);
  }

  #problem(problem: Sheet["standing"]["contradictions"][number]): HTMLElement {
    const names = problem.chain.map((number) => nameOf(this.#sheet.items[number]!));
    const [first, last] = [names[0]!, names[names.length - 1]!];
    const told = problem.kind === "two_places"
      ? `${first} and ${last} are one object by what you said, but both are seen at one time.`
      : `${first} and ${last} are different by what you said, but a chain of “the same” joins them.`;
    const open = problem.chain.find((number) => this.#sheet.items[number]!.subject) ?? problem.chain[0]!;
    const go = el("button", { type: "button", class: "btn btn--sm" }, `Look at ${nameOf(this.#sheet.items[open]!)}`);
    go.addEventListener("click", () => this.#open(open));
    return el("li", { class: "lk__problem" }, el("b", {}, KINDS[problem.kind]), el("p", {}, told),
      el("p", { class: "sub" }, names.join(" = ")),
      this.page.review ? null : el("p", { class: "sub" }, "One link of the chain is wrong: say “different” or “not sure” of it."), go);
  }

  #check(): void {
    if (!this.#editable) return;
    const open = this.#sheet.standing.unsettled;
    if (open.length) {
      this.#open(this.#sheet.nextOpen(-1)!);
      this.#notes.show("open", "warn", `${plural(open.length, "track")} still open.`, "Say which candidate it is, or press N: none of them.", [{ text: "Go on", run: () => { this.#notes.drop("open"); } }]);
      return;
    }
    this.#notes.drop("open");
    const problems = this.#sheet.standing.contradictions.length;
    must("submit-what").textContent = `${plural(this.#sheet.standing.identities.length, "object")} on more than one track, ${plural(this.#sheet.subjects.length, "track")} looked at.`;
    must("submit-problems").hidden = !problems;
    must("submit-problems-text").textContent = `${plural(problems, "contradiction")} left`;
    must("submit-error").hidden = true;
    must<HTMLDialogElement>("submit-sheet").showModal();
  }

  async #submit(): Promise<void> {
    const button = must<HTMLButtonElement>("submit-now");
    const accept = must<HTMLInputElement>("submit-accept").checked;
    button.disabled = true;
    try {
      await this.#desk.submit(accept);
      must<HTMLDialogElement>("submit-sheet").close();
      this.end("submitted");
      offerNext(this.page, this.#notes, "Submitted.", `Handed in at ${clock(new Date())}.`);
    } catch (error) {
      must("submit-error").lastElementChild!.textContent = (error as Error).message;
      must("submit-error").hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#desk.giveBack();
      this.#desk.end();
      location.assign(this.page.urls.home);
    } catch (error) {
      this.#notes.show("release", "bad", "The task was not given back.", (error as Error).message);
    }
  }
}

export type { LinkBench };

async function start(): Promise<void> {
  const page = JSON.parse(must("links-page").textContent ?? "") as LinksPage;
  let bench: LinkBench | null = null;
  const desk = new Desk(page, {
    onStanding: (standing) => bench?.take(standing),
    onSaving: (waiting) => bench?.saving(waiting),
    onTrouble: (message, retry) => bench?.trouble(message, retry),
    onLost: (message) => bench?.lost(message),
  });
  try {
    bench = new LinkBench(page, await desk.read(), desk);
    must("saved").replaceChildren(el("span", { class: "st st--ok" }, icon("circle-check"), "Saved"));
    if (page.review) new Review(page, bench, desk);
    else bench.offer(await desk.drafts());
  } catch (error) {
    desk.end();
    must("links").dataset["state"] = "failed";
    new Notes(must("notes")).show("open", "bad", "The task can’t be opened.", (error as Error).message, [{ text: "Try again", primary: true, run: () => location.reload() }]);
  }
}

void start();
