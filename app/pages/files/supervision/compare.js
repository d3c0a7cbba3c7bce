// Faces side by side, large, moved and enlarged together. They are drawn from the pictures that the page has already:
// nothing is asked for again, so the audit log has the looks that there were.

const dialog = document.getElementById("compare");
const opener = document.querySelector("[data-compare]");
const zoom = dialog.querySelector("input[type=range]");
const STEP = 0.05; // of the pane, for each press of an arrow key

const panes = [...dialog.querySelectorAll("canvas")].map((canvas) => ({
  canvas,
  caption: canvas.parentElement.querySelector("figcaption"),
  figures: [...document.querySelectorAll(`.faces [data-side=${canvas.dataset.side}]`)],
  at: 0,
}));
const view = { x: 0, y: 0 };

function draw() {
  const most = (zoom.value - 1) / 2 / zoom.value; // no further than the edge of a picture
  for (const axis of ["x", "y"]) view[axis] = Math.max(-most, Math.min(most, view[axis]));
  panes.forEach(drawPane);
}

function drawPane({ canvas, caption, figures, at }) {
  const image = figures[at].querySelector("img");
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || 1;
  canvas.width = canvas.height = side;
  if (!image.naturalWidth) return;
  const scale = (side / Math.max(image.naturalWidth, image.naturalHeight)) * zoom.value;
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  const [left, top] = [(side - width) / 2 + view.x * side * zoom.value, (side - height) / 2 + view.y * side * zoom.value];
  canvas.getContext("2d").drawImage(image, left, top, width, height);
  canvas.setAttribute("aria-label", image.alt);
  caption.textContent = figures[at].querySelector("figcaption")?.textContent ?? "";
}

function turn(side) {
  const pane = panes.find(({ canvas }) => canvas.dataset.side === side);
  pane.at = (pane.at + 1) % pane.figures.length;
  draw();
}

function enlarge(factor) {
  zoom.value = zoom.value * factor;
  draw();
}

const keys = {
  "+": () => enlarge(1.25),
  "=": () => enlarge(1.25),
  "-": () => enlarge(0.8),
  s: () => turn("street"),
  r: () => turn("reference"),
  ArrowLeft: () => move(STEP, 0),
  ArrowRight: () => move(-STEP, 0),
  ArrowUp: () => move(0, STEP),
  ArrowDown: () => move(0, -STEP),
};

function move(x, y) {
  view.x += x / zoom.value;
  view.y += y / zoom.value;
  draw();
}

if (panes.every(({ figures }) => figures.length > 0)) opener.hidden = false;
for (const button of dialog.querySelectorAll("[data-turn]")) {
  button.hidden = panes.find(({ canvas }) => canvas.dataset.side === button.dataset.turn).figures.length < 2;
  button.addEventListener("click", () => turn(button.dataset.turn));
}
opener.addEventListener("click", () => {
  dialog.showModal();
  draw();
});
zoom.addEventListener("input", draw);
addEventListener("resize", () => dialog.open && draw());
dialog.addEventListener("keydown", (event) => {
  const does = keys[event.key];
  if (!does || event.ctrlKey || event.metaKey || event.altKey || (event.target === zoom && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  does();
});
for (const { canvas } of panes) {
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(event.movementX / canvas.clientWidth, event.movementY / canvas.clientWidth);
  });
}
