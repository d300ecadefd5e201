// What was found in a photo, and a person's hand -> landmarks moved and the mask brushed, and the fit anew from there.
import { at, button, make, slider } from "./elements.js";
import { complain, say, sentence } from "./notices.js";
import { inPhoto, LINES, sideOf, svg } from "./photo_panel.js";
import { openSheet } from "./sheet.js";

const STEP_PX = 2;
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TINT = [138, 184, 255, 110];

export class Mending {
  constructor(server) {
    Object.assign(this, { server, mode: "points" });
  }

  // `person`: photo (its size), landmarks, canvas; `photoAt` and `maskAt`: where the server has its pictures; `send`
  // is given what was put right, and `line` says what is wrong so far. `others`: a way out to somebody else.
  open(person, { photoAt, maskAt, send, line = "", others = null }) {
    Object.assign(this, { person, maskAt, give: send, moved: {}, brushed: false, mode: "points" });
    this.photo = make("img", { src: photoAt, alt: "The photo", draggable: false });
    this.drawing = svg("svg", { viewBox: `0 0 ${person.photo.width} ${person.photo.height}` });
    this.mask = make("canvas", { className: "mask" });
    this.board = make("div", { className: "found mending" }, this.photo, this.mask, this.drawing);
    this.modes = ["points", "add", "remove"].map((mode, index) =>
      button(["Landmarks", "Brush: person", "Brush: not person"][index], () => this.choose(mode)),
    );
    this.size = slider("Brush", { min: 4, max: 80, step: 1, value: 24 });
    const again = button("Fit again", () => this.send().catch(complain), { className: "main", icon: "check" });
    this.line = make("p", { className: "doubt", role: "status", hidden: !line }, sentence(line));
    const parts = [
      this.line,
      make("p", { className: "note" }, "Drag the points to where they belong, or brush the outline; then fit again."),
      make("div", { className: "row" }, ...this.modes, this.size),
      this.board,
      make(
        "div",
        { className: "row" },
        again,
        button("Cancel", () => at("sheet").close(), { className: "quiet" }),
        others && button("Somebody else", others, { className: "quiet" }),
      ),
    ];
    this.drawPoints();
    this.choose("points");
    this.board.addEventListener("pointerdown", (event) => this.brush(event));
    this.board.addEventListener("pointermove", (event) => this.brush(event));
    openSheet("Put right what was found", parts, { wide: true });
    this.readMask().catch(complain);
  }

  choose(mode) {
    this.mode = mode;
    this.modes.forEach((made, index) =>
      made.setAttribute("aria-pressed", String(["points", "add", "remove"][index] === mode)),
    );
    this.size.hidden = mode === "points";
    this.board.classList.toggle("brushing", mode !== "points");
  }

  place(name) {
    return this.moved[name] ?? this.person.landmarks[name].slice(0, 2);
  }

  drawPoints() {
    const { landmarks, photo } = this.person;
    const radius = Math.max(photo.width, photo.height) / 90;
    this.lines = LINES.filter(([from, to]) => landmarks[from] && landmarks[to]).map(([from, to]) => ({
      from,
      to,
      line: svg("line", { class: sideOf(from, to) }),
    }));
    this.points = Object.keys(landmarks).map((name) => {
      const dot = svg("circle", {
        r: radius,
        class: sideOf(name, name),
        tabindex: 0,
        role: "slider",
        "aria-label": `${name.replaceAll("_", " ")}: arrow keys move it`,
      });
      dot.addEventListener("pointerdown", (event) => {
        if (this.mode === "points") dot.setPointerCapture(event.pointerId);
      });
      dot.addEventListener("pointermove", (event) => {
        if (dot.hasPointerCapture(event.pointerId)) this.move(name, inPhoto(this.drawing, this.person.photo, event));
      });
      dot.addEventListener("keydown", (event) => this.nudge(event, name));
      return { name, dot };
    });
    this.drawing.append(...this.lines.map(({ line }) => line), ...this.points.map(({ dot }) => dot));
    this.putPoints();
  }

  putPoints() {
    const set = (element, values) =>
      Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    for (const { name, dot } of this.points) {
      const [cx, cy] = this.place(name);
      set(dot, {
        cx,
        cy,
        "aria-valuenow": Math.round(cx),
        "aria-valuetext": `${Math.round(cx)} across, ${Math.round(cy)} down`,
      });
    }
    for (const { from, to, line } of this.lines) {
      const [x1, y1] = this.place(from),
        [x2, y2] = this.place(to);
      set(line, { x1, y1, x2, y2 });
    }
  }

  move(name, place) {
    this.moved[name] = place;
    this.putPoints();
  }

  nudge(event, name) {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    const [x, y] = this.place(name);
    const step = event.shiftKey ? 5 * STEP_PX : STEP_PX;
    this.move(name, [x + way[0] * step, y + way[1] * step]);
  }

  // The mask lies on the canvas, a square of the photo; the brush works on it there.
  async readMask() {
    const picture = await createImageBitmap(await this.server.blob(this.maskAt));
    const { left, top, side } = this.person.canvas,
      { width, height } = this.person.photo;
    Object.assign(this.mask, { width: picture.width, height: picture.height });
    Object.assign(this.mask.style, {
      left: `${(left / width) * 100}%`,
      top: `${(top / height) * 100}%`,
      width: `${(side / width) * 100}%`,
    });
    this.paper = this.mask.getContext("2d", { willReadFrequently: true });
    this.paper.drawImage(picture, 0, 0);
    const pixels = this.paper.getImageData(0, 0, picture.width, picture.height);
    for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set([...TINT.slice(0, 3), pixels.data[at]], at);
    this.paper.putImageData(pixels, 0, 0);
  }

  brush(event) {
    if (this.mode === "points" || !this.paper) return;
    const box = this.mask.getBoundingClientRect();
    const zoom = this.mask.width / box.width;
    const place = [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
    const from = event.type === "pointerdown" ? place : this.last;
    this.last = event.buttons & 1 ? place : null;
    if (!this.last || !from) return;
    this.stroke(from, place, this.size.range.valueAsNumber * zoom);
  }

  stroke(from, to, lineWidth) {
    const strokeStyle = `rgb(${TINT.slice(0, 3).join(" ")})`;
    const globalCompositeOperation = this.mode === "add" ? "source-over" : "destination-out";
    Object.assign(this.paper, { globalCompositeOperation, strokeStyle, lineWidth, lineCap: "round" });
    this.paper.beginPath();
    this.paper.moveTo(...from);
    this.paper.lineTo(...to);
    this.paper.stroke();
    this.brushed = true;
  }

  // White where the person is.
  maskAsPicture() {
    const pixels = this.paper.getImageData(0, 0, this.mask.width, this.mask.height);
    for (let at = 0; at < pixels.data.length; at += 4)
      pixels.data.fill(pixels.data[at + 3], at, at + 3).fill(255, at + 3, at + 4);
    const sheet = make("canvas", { width: this.mask.width, height: this.mask.height });
    sheet.getContext("2d").putImageData(pixels, 0, 0);
    return sheet.toDataURL("image/png");
  }

  // What is refused again stays open, with all that was put right so far.
  async send() {
    if (this.sending) return;
    const notice = say("Fitting the body again ...", { stays: true });
    this.sending = true;
    try {
      if (this.brushed || Object.keys(this.moved).length)
        await this.give({ landmarks: this.moved, mask: this.brushed ? this.maskAsPicture() : null });
      at("sheet").close();
    } catch (error) {
      this.line.textContent = sentence(error.message);
      this.line.hidden = false;
    } finally {
      this.sending = false;
      notice.remove();
    }
  }
}
