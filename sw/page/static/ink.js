// A drawing: strokes from a mouse, a finger, a pen or the keyboard, and the pixels that a network sees of them.

const REACH = 20 / 28; // of the field the longer side of what is drawn fills, as MNIST's digits do
const PEN = 2.6 / 28; // thickness of a stroke in the pixels of the network
const LARGEST = 3; // times a small drawing is enlarged at most
const FINE = 4; // points of ink along a pixel

export class Ink {
  // `changed()` is called after every change; `side` is the number of pixels along a side.
  constructor(canvas, side, changed) {
    this.canvas = canvas;
    this.side = side;
    this.changed = changed;
    this.strokes = [];
    this.pointer = null;
    this.pen = { x: 0.5, y: 0.3, down: false };
    this.fine = document.createElement("canvas");
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.end(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.show());
    this.show();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  clear() {
    this.strokes = [];
    this.pen.down = false;
    this.update();
  }

  undo() {
    this.strokes.pop();
    this.pen.down = false;
    this.update();
  }

  begin(event) {
    if (this.pointer !== null || event.button > 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.pen.down = false;
    this.strokes.push([this.place(event)]);
    this.update();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) this.strokes.at(-1).push(this.place(each));
    this.update();
  }

  end(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const inside = (value) => Math.min(1, Math.max(0, value));
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in steps) {
      const [x, y] = steps[event.key];
      const inside = (value) => Math.min(0.98, Math.max(0.02, value));
      this.pen.x = inside(this.pen.x + x / this.side);
      this.pen.y = inside(this.pen.y + y / this.side);
      if (this.pen.down) this.strokes.at(-1).push([this.pen.x, this.pen.y]);
    } else if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) this.strokes.push([[this.pen.x, this.pen.y]]);
    } else if (event.key === "Backspace") {
      return event.preventDefault(), this.undo();
    } else if (event.key === "Escape") {
      return this.clear();
    } else {
      return;
    }
    event.preventDefault();
    this.update();
  }

  update() {
    this.show();
    this.changed();
  }

  show() {
    const { canvas } = this;
    const style = getComputedStyle(document.documentElement);
    const draw = canvas.getContext("2d");
    draw.clearRect(0, 0, canvas.width, canvas.height);
    draw.strokeStyle = style.getPropertyValue("--grid");
    draw.lineWidth = 1;
    draw.beginPath();
    for (let i = 1; i < 7; i++) {
      const at = (i * canvas.width) / 7;
      draw.moveTo(at, 0), draw.lineTo(at, canvas.height), draw.moveTo(0, at), draw.lineTo(canvas.width, at);
    }
    draw.stroke();
    draw.strokeStyle = style.getPropertyValue("--pen");
    lines(draw, this.strokes, canvas.width * 0.055, ([x, y]) => [x * canvas.width, y * canvas.height]);
    if (document.activeElement === canvas && this.pointer === null) {
      const [x, y] = [this.pen.x * canvas.width, this.pen.y * canvas.height];
      draw.strokeStyle = style.getPropertyValue("--orange");
      draw.fillStyle = draw.strokeStyle;
      draw.lineWidth = 4;
      draw.beginPath();
      draw.arc(x, y, 14, 0, 7);
      this.pen.down ? draw.fill() : draw.stroke();
    }
  }

  // A text of 0 and 1, row by row: centred by its weight and as large as MNIST's digits.
  pixels() {
    const { side, fine } = this;
    const scale = fitted(this.strokes);
    fine.width = fine.height = side * FINE;
    const draw = fine.getContext("2d", { willReadFrequently: true });
    lines(draw, this.strokes, Math.max(PEN, 1.1 / side) * fine.width, (point) => scale(point).map((value) => value * fine.width));
    const ink = draw.getImageData(0, 0, fine.width, fine.height).data;
    let text = "";
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        let sum = 0;
        for (let y = row * FINE; y < (row + 1) * FINE; y++)
          for (let x = column * FINE; x < (column + 1) * FINE; x++) sum += ink[4 * (y * fine.width + x) + 3];
        text += 2 * sum > 255 * FINE * FINE ? "1" : "0";
      }
    }
    return text;
  }
}

function lines(draw, strokes, width, place) {
  draw.lineWidth = width;
  draw.lineCap = draw.lineJoin = "round";
  for (const stroke of strokes) {
    draw.beginPath();
    draw.moveTo(...place(stroke[0]));
    for (const point of stroke.length > 1 ? stroke.slice(1) : stroke) draw.lineTo(...place(point));
    draw.stroke();
  }
}

// Where a point of the drawing goes, so that all of it is as large as it should be, with its weight in the middle.
function fitted(strokes) {
  const points = strokes.flat();
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(LARGEST, (REACH - PEN) / Math.max(right - left, bottom - top, 0.001));
  let [weight, x, y] = [0, 0, 0];
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i++) {
      const from = stroke[Math.max(0, i - 1)];
      const length = Math.hypot(stroke[i][0] - from[0], stroke[i][1] - from[1]) + 1e-4;
      weight += length;
      x += (length * (stroke[i][0] + from[0])) / 2;
      y += (length * (stroke[i][1] + from[1])) / 2;
    }
  }
  const edge = PEN / 2 + 0.02;
  const moved = (centre, low, high) =>
    Math.min(1 - edge - high * scale, Math.max(edge - low * scale, 0.5 - centre * scale));
  const [dx, dy] = [moved(x / weight, left, right), moved(y / weight, top, bottom)];
  return ([px, py]) => [px * scale + dx, py * scale + dy];
}

// Show a text of pixels on a small canvas of as many.
export function showPixels(canvas, text) {
  const side = Math.round(Math.sqrt(text.length));
  canvas.width = canvas.height = side;
  const draw = canvas.getContext("2d");
  draw.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--pen");
  for (let i = 0; i < text.length; i++) if (text[i] === "1") draw.fillRect(i % side, Math.floor(i / side), 1, 1);
}
