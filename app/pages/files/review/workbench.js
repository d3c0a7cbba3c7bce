// The workbench: everything on it by mouse, touch and keys. Without this script the page compares and answers as well.

import "./pause.js";
import { handle } from "./hands.js";
import { listen } from "./keys.js";
import { View } from "./view.js";

const SIDES = ["reference", "street"];

const pair = document.getElementById("pair");
const form = document.getElementById("answer");
const split = document.getElementById("split");
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
  pair.classList.toggle("enlarged", view.zoom > 1);
}

const other = (side) => (side === "reference" ? "street" : "reference");
const press = (button, on) => button.setAttribute("aria-pressed", String(on));

// --- which pictures ------------------------------------------------------------------------------------------------

function buttons(side) {
  return [...pair.querySelectorAll(`[data-side="${side}"] .strip button`)];
}

function current(side) {
  return buttons(side).find((button) => button.hasAttribute("aria-current"));
}

function source(button) {
  return aligned ? button.dataset.face : `${button.dataset.face}?as_it_is=true`;
}

function put() {
  for (const side of SIDES) {
    const button = current(swapped ? other(side) : side);
    if (!button || !faces[side]) continue;
    const wanted = source(button);
    if (faces[side].getAttribute("src") !== wanted) faces[side].src = wanted;
    faces[side].alt = button.dataset.name;
  }
  if (!split.hidden) {
    under.src = source(current("reference"));
    over.src = source(current("street"));
  }
  draw();
}

function choose(side, button) {
  if (!button) return;
  current(side)?.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  form.elements[side].value = button.value; // for a page that comes back with what could not be taken
  put();
}

function step(side, by) {
  const all = buttons(side);
  choose(side, all[(all.indexOf(current(side)) + by + all.length) % all.length]);
}

for (const side of SIDES) {
  for (const button of buttons(side)) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      choose(side, button);
    });
  }
}

// Whether anything changed.
function swap(on) {
  if (swapped === on) return false;
  swapped = on;
  put();
  return true;
}

// --- mouse and touch -----------------------------------------------------------------------------------------------

for (const box of pair.querySelectorAll(".view")) handle(box, view);

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
  help: () => document.getElementById("keys").showModal(),
};

for (const button of pair.querySelectorAll("[data-act]")) {
  const side = button.closest("[data-side]")?.dataset.side;
  button.addEventListener("click", () => (side ? view.flip(side) : acts[button.dataset.act]()));
}

const byKey = {
  "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.reset, s: acts.split, a: acts.aligned, "?": acts.help,
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

listen(view, swap, byKey);
draw();
