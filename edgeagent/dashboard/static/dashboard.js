// A remote control has four arrows, OK and Back. OK is a click already; this is the rest.
// Without JavaScript every page is links and plain forms, and Tab moves.
import { getNextFocus } from "./lrud.js";

const BACK = new Set(["Escape", "Backspace", "GoBack", "BrowserBack"]);
const TEXT = 'input:not([type="hidden"])';
const memory = new Map(); // which control was last used on which page, while this page lives

// A search replaces its list alone, so the last element that names a place is right.
const place = () => [...document.querySelectorAll("[data-place]")].pop()?.dataset.place;
let arrivedAt;
const remember = () => memory.set(place(), document.activeElement?.id);

// What is taller than the screen is read from its beginning.
const show = (control) => control.scrollIntoView({ block: control.offsetHeight > innerHeight ? "start" : "center" });

function arrive() {
  const focused = document.activeElement;
  const here = document.getElementById("main").dataset.place;
  const moved = here !== arrivedAt;
  arrivedAt = here;
  // htmx gives the focus to a control of the same id: right on the same page, not on the next.
  const stays = !moved || focused?.matches("[autofocus]");
  if (stays && focused && focused !== document.body && focused.id !== "back") return;
  if (moved) scrollTo(0, 0);
  const known = document.getElementById(memory.get(place()) || "");
  const first = document.querySelector("#main :is(a, button, input:not([type=hidden]), [tabindex])");
  const control = known || document.querySelector("[data-first]") || first || document.getElementById("back");
  control?.focus({ preventScroll: true });
  const box = control?.getBoundingClientRect();
  if (box && (box.top < 0 || box.bottom > innerHeight)) show(control);
}

// The caret moves inside a text; at its ends the arrows leave it.
function caretStays(event) {
  const field = event.target;
  if (!field.matches?.(TEXT)) return false;
  if (event.key === "ArrowLeft") return field.selectionStart > 0;
  if (event.key === "ArrowRight") return field.selectionEnd < field.value.length;
  return false;
}

// A report's bytes can be taller than the screen: arrows first read on to its edge.
function readsOn(event) {
  const { target, key } = event;
  const box = target.getBoundingClientRect?.();
  if (!box || target === document.body) return false;
  const step = innerHeight / 3;
  if (key === "ArrowDown" && box.bottom > innerHeight) return scrollBy(0, step), true;
  if (key === "ArrowUp" && box.top < 0) return scrollBy(0, -step), true;
  return false;
}

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (BACK.has(event.key)) {
    const writing = event.key === "Backspace" && event.target.matches?.(TEXT) && event.target.value;
    const back = document.getElementById("no") || document.getElementById("back");
    if (writing || !back) return;
    event.preventDefault();
    back.click();
    return;
  }
  if (!event.key.startsWith("Arrow") || caretStays(event)) return;
  event.preventDefault();
  if (readsOn(event)) return;
  const from = document.activeElement === document.body ? null : document.activeElement;
  const next = getNextFocus(from, event.key, document.body);
  if (next) {
    next.focus({ preventScroll: true });
    show(next);
  } else {
    scrollBy(0, { ArrowDown: 1, ArrowUp: -1 }[event.key] * innerHeight / 3 || 0);
  }
});

function countDown() {
  const timer = document.querySelector("[data-ends-at]");
  if (!timer) return;
  const { endsAt, now, unit, one, other } = timer.dataset;
  const end = performance.now() + 1000 * (endsAt - now);
  delete timer.dataset.endsAt;
  const tick = () => {
    if (!timer.isConnected) return;
    const left = Math.ceil((end - performance.now()) / (1000 * unit));
    const again = document.getElementById("again");
    if (left > 0) timer.textContent = (left === 1 ? one : other).replace(/\d+/, left);
    else if (again) return again.click();
    else location.assign("/private");
    setTimeout(tick, 1000);
  };
  tick();
}

function begin() {
  arrive();
  countDown();
}

addEventListener("click", remember, true);
document.addEventListener("htmx:afterSettle", begin);
begin();
