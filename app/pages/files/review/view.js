// How the two faces are seen: zoom and place for both together, flip and light for each.

const LARGEST = 8;
const first = () => ({ flip: false, brightness: 1, contrast: 1 });

export class View {
  zoom = 1;
  x = 0;
  y = 0;
  sides = { reference: first(), street: first() };

  constructor(draw) {
    this.draw = draw;
  }

  // Zoom towards a point, given from the middle in shares of the picture's size.
  scale(by, atX = 0, atY = 0) {
    const before = this.zoom;
    this.zoom = Math.min(LARGEST, Math.max(1, before * by));
    const grown = this.zoom / before;
    this.move((atX - this.x) * (1 - grown), (atY - this.y) * (1 - grown));
  }

  move(byX, byY) {
    const room = (this.zoom - 1) / 2;
    this.x = Math.min(room, Math.max(-room, this.x + byX));
    this.y = Math.min(room, Math.max(-room, this.y + byY));
    this.draw();
  }

  reset() {
    Object.assign(this, { zoom: 1, x: 0, y: 0, sides: { reference: first(), street: first() } });
    this.draw();
  }

  flip(side) {
    this.sides[side].flip = !this.sides[side].flip;
    this.draw();
  }

  tune(side, what, value) {
    this.sides[side][what] = Math.min(2.5, Math.max(0.4, value));
    this.draw();
  }

  show(image, side) {
    const { flip, brightness, contrast } = this.sides[side];
    const turned = flip ? " scaleX(-1)" : "";
    image.style.transform = `translate(${this.x * 100}%, ${this.y * 100}%) scale(${this.zoom})${turned}`;
    image.style.filter = `brightness(${brightness}) contrast(${contrast})`;
  }
}
