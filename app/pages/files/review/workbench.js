// The workbench: everything on it by mouse, touch and keys. Without this script the page compares and answers as well.

import { View } from "./view.js";

const PAUSE_MS = 45 * 60_000;
const AWAY_MS = 10 * 60_000;
const SIDES = ["reference", "street"];
const STEP = 0.06;

const pair = document.getElementById("pair");
const form = document.getElementById("answer");
const split = document.getElementById("split");
const keys = document.getElementById("keys");
const part = (side, what) => pair.querySelector(`[data-side="${side}"] ${what}`);
const faces = { reference: part("reference", ".view .face"), street: part("street", ".view .face") };
const over = split.querySelector(".over");
const under = split.querySelector(".under");
let aligned = true;
let swapped = false;

for (const each of document.querySelectorAll(".scripted")) each.hidden = false;

const view = new View(draw);

function draw() {
  for (const side of SIDES) {
    if (faces[side]) view.show(faces[side], swapped ? other(side) : side);
    for (const tuned of pair.querySelectorAll(`[data-side="${side}"] [data-tune]`)) tuned.value = view.sides[side][tuned.dataset.tune];
    press(part(side, "[data-act=flip]"), view.sides[side].flip);
  }
  view.show(under, "reference");
  view.show(over, "street");
}

const other = (side) => (side === "reference" ? "street" : "reference");
const press = (button, on) => button.setAttribute("aria-pressed", String(on));

// --- which pictures ------------------------------------------------------------------------------------------------

function links(side) {
  return [...pair.querySelectorAll(`[data-side="${side}"] .strip a`)];
}

function current(side) {
  return links(side).find((link) => link.hasAttribute("aria-current"));
}

function source(link) {
  return aligned ? link.dataset.face : `${link.dataset.face}?as_it_is=true`;
}

function put() {
  for (const side of SIDES) {
    const link = current(swapped ? other(side) : side);
    if (!link || !faces[side]) continue;
    const wanted = source(link);
    if (faces[side].getAttribute("src") !== wanted) faces[side].src = wanted;
    faces[side].alt = link.dataset.name;
  }
  if (!split.hidden) {
    under.src = source(current("reference"));
    over.src = source(current("street"));
  }
  draw();
}

function choose(side, link) {
  if (!link) return;
  current(side)?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  put();
}

function step(side, by) {
  const all = links(side);
  choose(side, all[(all.indexOf(current(side)) + by + all.length) % all.length]);
}

for (const side of SIDES) {
  for (const link of links(side)) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      choose(side, link);
    });
  }
}

function swap(on) {
  if (swapped === on) return;
  swapped = on;
  put();
}

// --- mouse and touch -----------------------------------------------------------------------------------------------

for (const box of pair.querySelectorAll(".view")) {
  const fingers = new Map();
  let apart = 0;

  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top, width, height } = box.getBoundingClientRect();
    view.scale(Math.exp(-event.deltaY / 400), (event.clientX - left) / width - 0.5, (event.clientY - top) / height - 0.5);
  }, { passive: false });

  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    apart = spread(fingers);
  });

  box.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, event);
    const { width, height } = box.getBoundingClientRect();
    if (fingers.size === 2 && apart) {
      const now = spread(fingers);
      view.scale(now / apart);
      apart = now;
    } else if (fingers.size === 1) {
      view.move((event.clientX - before.clientX) / width, (event.clientY - before.clientY) / height);
    }
  });

  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, (event) => fingers.delete(event.pointerId));
  box.addEventListener("dblclick", () => view.reset());
}

function spread(fingers) {
  const [one, two] = [...fingers.values()];
  return two ? Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY) : 0;
}

for (const tuned of pair.querySelectorAll("[data-tune]")) {
  const { side } = tuned.closest("[data-side]").dataset;
  tuned.addEventListener("input", () => view.tune(side, tuned.dataset.tune, Number(tuned.value)));
}

document.getElementById("split-at").addEventListener("input", (event) => {
  over.style.clipPath = `inset(0 0 0 ${event.target.value}%)`;
});

// --- what can be done, by button and by key ------------------------------------------------------------------------

const nudge = (what, by) => view.tune("street", what, view.sides.street[what] + by);

const acts = {
  in: () => view.scale(1.25),
  out: () => view.scale(0.8),
  reset: () => view.reset(),
  split() {
    split.hidden = !split.hidden;
    pair.classList.toggle("splitting", !split.hidden);
    press(pair.querySelector("[data-act=split]"), !split.hidden);
    over.style.clipPath = `inset(0 0 0 ${document.getElementById("split-at").value}%)`;
    put();
  },
  aligned() {
    aligned = !aligned;
    press(pair.querySelector("[data-act=aligned]"), aligned);
    put();
  },
  help: () => keys.showModal(),
};

for (const button of pair.querySelectorAll("[data-act]")) {
  const side = button.closest("[data-side]")?.dataset.side;
  button.addEventListener("click", () => (side ? view.flip(side) : acts[button.dataset.act]()));
}

const byKey = {
  "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.reset, s: acts.split, a: acts.aligned, "?": acts.help,
  ArrowLeft: () => view.move(STEP, 0), ArrowRight: () => view.move(-STEP, 0),
  ArrowUp: () => view.move(0, STEP), ArrowDown: () => view.move(0, -STEP),
  "[": () => step("reference", -1), "]": () => step("reference", 1),
  ",": () => step("street", -1), ".": () => step("street", 1),
  f: () => view.flip("reference"), g: () => view.flip("street"),
  b: () => nudge("brightness", -0.1), n: () => nudge("brightness", 0.1),
  c: () => nudge("contrast", -0.1), v: () => nudge("contrast", 0.1),
  d: () => form.querySelector(".features summary").click(),
  k: () => document.querySelector(".knows summary").click(),
  Enter: () => { if (form.elements.answer.value) form.requestSubmit(); },
};
for (const number of [1, 2, 3, 4, 5]) {
  byKey[number] = () => { [...form.elements.answer][number - 1].checked = true; };
}

const typing = (target) => target.matches("textarea, input:not([type=radio], [type=checkbox]), select");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open || typing(event.target)) return;
  const pressable = event.target.closest("button, a, summary, input");
  if (event.key === " " && !pressable) {
    event.preventDefault();
    swap(true);
  } else if (byKey[event.key] && !(pressable && event.key === "Enter") && !(event.target.matches("input") && event.key.startsWith("Arrow"))) {
    event.preventDefault();
    byKey[event.key]();
  }
});
addEventListener("keyup", (event) => { if (event.key === " ") swap(false); });
addEventListener("blur", () => swap(false));

// --- a pause -------------------------------------------------------------------------------------------------------

function suggestPause() {
  const now = Date.now();
  const last = Number(sessionStorage.getItem("review-last") ?? 0);
  let began = Number(sessionStorage.getItem("review-began") ?? 0);
  if (!began || now - last > AWAY_MS) began = now;
  sessionStorage.setItem("review-began", String(began));
  sessionStorage.setItem("review-last", String(now));
  document.getElementById("pause").hidden = now - began < PAUSE_MS;
}

document.getElementById("go-on").addEventListener("click", () => {
  sessionStorage.setItem("review-began", String(Date.now()));
  suggestPause();
});
suggestPause();
setInterval(suggestPause, 60_000);
draw();
