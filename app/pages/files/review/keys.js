// What keys do. Those of one letter, digit or sign can be switched off (WCAG 2.1.4), for whoever speaks to the computer
// or hits keys by chance. The choice stays in this browser (localStorage), and says nothing of a face, nor of anyone.

const KEPT = "review-keys";
const OFF = "off";
const STEP = 0.06;
const MOVES = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

const dialog = document.getElementById("keys");
const choice = document.getElementById("character-keys");
const isCharacter = (key) => [...key].length === 1 && key !== " ";
const isTyping = (target) => target.matches("textarea, input:not([type=radio], [type=checkbox]), select");

choice.checked = localStorage.getItem(KEPT) !== OFF;
choice.addEventListener("change", () => {
  if (choice.checked) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, OFF);
  show();
});
const show = () => document.body.classList.toggle("few-keys", !choice.checked);
show();

export function listen(view, swap, byKey) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || isTyping(event.target)) return;
    if (pressed(event, view, swap, byKey)) event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    if (event.key === " " && swap(false)) event.preventDefault();
  });
  addEventListener("blur", () => swap(false));
}

// Whether the key was for us. Arrows are for the page, unless a picture that is larger than its place has the focus.
function pressed({ key, target }, view, swap, byKey) {
  const hasOwnUse = target.closest("button, a, summary, input");
  if (key in MOVES) {
    if (!target.closest(".view") || view.zoom === 1) return false;
    view.move(...MOVES[key]);
  } else if (key === " ") {
    if (hasOwnUse && !(choice.checked && target.matches("[type=radio]"))) return false; // arrows choose among those
    swap(true);
  } else if (!Object.hasOwn(byKey, key) || (isCharacter(key) ? !choice.checked : hasOwnUse)) {
    return false;
  } else {
    byKey[key]();
  }
  return true;
}
