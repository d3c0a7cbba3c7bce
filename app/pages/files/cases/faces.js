// A click on a boxed face chooses it, and the box of the chosen one is marked.

const choices = [...document.querySelectorAll("[data-choose] input[name=face]")];
const boxes = [...document.querySelectorAll(".boxes [data-face]")];

function mark() {
  const chosen = choices.find((choice) => choice.checked)?.value;
  for (const box of boxes) box.classList.toggle("chosen", box.dataset.face === chosen);
}

for (const box of choices.length ? boxes : []) {
  box.classList.add("choosable");
  box.addEventListener("click", () => {
    const choice = choices.find((each) => each.value === box.dataset.face);
    choice.checked = true;
    choice.focus();
    mark();
  });
}
for (const choice of choices) choice.addEventListener("change", mark);
if (choices.length) mark();
