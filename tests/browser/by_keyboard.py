"""What a page is held to beside axe: the Tab key alone, 200 % zoom, and no motion where asked."""

from playwright.sync_api import Page

#: More stops than any page has: whoever has pressed Tab so often is trapped.
TRAPPED = 250
#: A ring may be around the element, around the field that holds it, or on the label beside it. It
#: is an outline, which forced colours keep; of a stop that is left, the next one comes after it.
STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const ringed = [at, at.parentElement, at.nextElementSibling].some((element) => {
    const style = element && getComputedStyle(element);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  });
  const box = at.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const before = window.custosStop;
  window.custosStop = at;
  const follows = !before || before === document.body
    || Boolean(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING);
  const again = at.hasAttribute("data-was-stop");
  at.setAttribute("data-was-stop", "");
  return { what: at.cloneNode().outerHTML.slice(0, 120), skip: at.matches(".skip"),
           ringed, seen, follows, again };
}"""
#: Animations and transitions that last, each with its element.
MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  const lasts = `${style.animationDuration},${style.transitionDuration}`.split(",");
  return lasts.some((one) => parseFloat(one) * (one.trim().endsWith("ms") ? 0.001 : 1) > 0.01);
}).map((element) => element.cloneNode().outerHTML.slice(0, 120))"""
#: Text that reaches over the right edge where nothing scrolls, each with its element.
CUT = """(width) => [...document.querySelectorAll("main *, .topbar *")].filter((element) => {
  const words = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!words || element.closest(".vh")) return false;
  const box = element.getBoundingClientRect();
  if (!box.width || box.right <= width + 1) return false;
  for (let up = element.parentElement; up; up = up.parentElement) {
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
  }
  return true;
}).map((element) => element.cloneNode().outerHTML.slice(0, 120))"""


def stops_of(page: Page) -> list[dict]:
    """Press Tab from the page's beginning until it is left, and tell of each stop."""
    page.evaluate("window.custosStop = null")
    stops: list[dict] = []
    for _ in range(TRAPPED):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop["again"]:
            break
        stops.append(stop)
    return stops


def wrong_by_keyboard(page: Page) -> list[str]:
    """Name each stop without a ring, out of sight or out of order, and a page that traps."""
    stops = stops_of(page)
    wrong = [] if stops and stops[0]["skip"] else ["the skip link is not the first stop"]
    if len(stops) == TRAPPED:
        wrong.append("Tab never leaves the page")
    for stop in stops:
        for what, fine in (("no ring", "ringed"), ("out of sight", "seen"), ("order", "follows")):
            if not stop[fine]:
                wrong.append(f"{what}: {stop['what']}")
    return wrong
