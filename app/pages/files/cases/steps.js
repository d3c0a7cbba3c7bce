// Opening a case one step at a time. Without this the steps stand below each other.

const form = document.querySelector("form[data-steps]");
const steps = [...form.querySelectorAll("[data-step]")];
const last = form.querySelector("[data-last-step]");
const back = form.querySelector("[data-back]");
const next = form.querySelector("[data-next]");
const send = form.querySelector("[data-send]");
let here = Math.max(0, steps.findIndex((step) => step.querySelector(".faulty")));

function show() {
  const atEnd = here === steps.length - 1;
  steps.forEach((step, number) => { step.hidden = number !== here; });
  back.hidden = here === 0;
  next.hidden = atEnd;
  send.hidden = last.hidden = !atEnd;
}

function isWell(step) {
  return [...step.querySelectorAll("input, select, textarea")].every((field) => field.reportValidity());
}

function go(to) {
  here = to;
  show();
  steps[here].querySelector("h2").focus();
}

back.addEventListener("click", () => go(here - 1));
next.addEventListener("click", () => {
  if (isWell(steps[here])) go(here + 1);
});

// Enter in a field goes on, as the button that is seen does.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement) || next.hidden) return;
  event.preventDefault();
  next.click();
});

show();
