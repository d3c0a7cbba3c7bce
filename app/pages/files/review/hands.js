// Wheel, mouse and fingers on one picture. What lies under them stays under them.

const LINE_PX = 16; // some mice say how many lines, and not how many pixels

export function handle(box, view) {
  const fingers = new Map();

  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    const { x, y } = place(event, box);
    view.scale(Math.exp(-turned / 400), x, y);
  }, { passive: false });

  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event, box));
  });

  box.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = grip(fingers);
    fingers.set(event.pointerId, place(event, box));
    const now = grip(fingers);
    if (before.spread) view.scale(now.spread / before.spread, before.x, before.y);
    view.move(now.x - before.x, now.y - before.y);
  });

  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, (event) => fingers.delete(event.pointerId));
  box.addEventListener("dblclick", () => view.reset());
}

// From the middle, in shares of the picture's size.
function place({ clientX, clientY }, box) {
  const { left, top, width, height } = box.getBoundingClientRect();
  return { x: (clientX - left) / width - 0.5, y: (clientY - top) / height - 0.5, aspect: height / width };
}

// Where all fingers are together, and how far from there on average; of one finger, none.
function grip(fingers) {
  const all = [...fingers.values()];
  const mean = (of) => all.reduce((sum, each) => sum + of(each), 0) / all.length;
  const [x, y] = [mean((each) => each.x), mean((each) => each.y)];
  return { x, y, spread: mean((each) => Math.hypot(each.x - x, (each.y - y) * each.aspect)) };
}
