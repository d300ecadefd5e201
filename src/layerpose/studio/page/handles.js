// Grips -> buttons over the viewport, dragged by mouse and touch, moved by the arrow keys.
import { GRIPS, drag } from "./grips.js";

const STEP_M = 0.01;
const LARGE_STEP_M = 0.05;
const STILL_PX = 3; // a press that moves less is a click
const KEYS = {
  ArrowRight: [1, 0, 0],
  ArrowLeft: [-1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

export class Handles {
  constructor(studio, stage, figure, layer) {
    Object.assign(this, { studio, stage, figure, layer, selected: null });
    this.buttons = new Map(Object.entries(GRIPS).map(([name, grip]) => [name, this.make(name, grip)]));
    stage.afterDrawing.add(() => this.place());
    for (const what of ["preview", "preferences"]) studio.on(what, () => this.place());
    studio.on("bone", (bone) => this.mark(bone));
  }

  make(name, { label, side }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `handle ${side ?? "M"}`;
    button.dataset.grip = name;
    button.title = label;
    button.setAttribute("aria-label", `${label}: drag, or arrow keys`);
    button.addEventListener("pointerdown", (event) => this.press(event, name));
    button.addEventListener("keydown", (event) => this.nudge(event, name));
    button.addEventListener("focus", () => button.matches(":focus-visible") && this.select(name));
    this.layer.append(button);
    return button;
  }

  // Puts the buttons over their places; the nearer lies above.
  place() {
    const { pose } = this.figure;
    this.layer.hidden = !pose || !this.studio.preferences.handles;
    if (this.layer.hidden) return;
    for (const [name, button] of this.buttons) {
      const { x, y, depth } = this.stage.toScreen(this.figure.inScene(GRIPS[name].place(pose)));
      button.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      button.style.zIndex = String(Math.round((1 - depth) * 1e6));
      const pinned = Boolean(this.studio.live.pins[name]);
      button.classList.toggle("pinned", pinned);
      button.classList.toggle("selected", name === this.selected);
    }
  }

  select(name) {
    this.studio.tell("bone", name && GRIPS[name].bone);
  }

  // Whichever way a bone was chosen, its handle shows it.
  mark(bone) {
    this.selected = Object.keys(GRIPS).find((name) => GRIPS[name].bone === bone) ?? null;
    this.place();
  }

  press(event, name) {
    if (event.button !== 0) return;
    event.stopPropagation();
    const button = this.buttons.get(name);
    button.setPointerCapture(event.pointerId);
    const held = { name, start: this.figure.pose.clone(), from: [event.clientX, event.clientY], moved: false };
    held.place = this.figure.inScene(GRIPS[name].place(held.start)).clone();
    held.offset = held.place.clone().sub(this.stage.underPointer(event, held.place));
    const listen = (how) => {
      button[how]("pointermove", move);
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button[how](end, up);
    };
    const move = (moving) => this.pull(moving, held);
    const up = (ending) => {
      listen("removeEventListener");
      this.release(ending, held);
    };
    listen("addEventListener");
  }

  pull(event, held) {
    const [x, y] = held.from;
    if (!held.moved && Math.hypot(event.clientX - x, event.clientY - y) < STILL_PX) return;
    if (!held.moved) this.studio.tell("moving", true);
    held.moved = true;
    this.layer.classList.add("dragging");
    this.buttons.get(held.name).classList.add("held");
    this.drag(held.start, held.name, this.stage.underPointer(event, held.place).add(held.offset));
  }

  drag(start, name, target) {
    const before = performance.now();
    const options = { ...this.studio.preferences, pins: this.studio.document.pins };
    const pose = drag(start, name, this.figure.fromScene(target), options);
    this.studio.preview(changesOf(pose, this.studio.document));
    this.spent = performance.now() - before;
  }

  release(event, held) {
    this.layer.classList.remove("dragging");
    this.buttons.get(held.name).classList.remove("held");
    if (!held.moved) return this.select(this.selected === held.name ? null : held.name);
    this.studio.tell("moving", false);
    if (event.type === "pointercancel") return this.studio.cancel();
    const { rotations, root } = this.studio.live;
    this.studio.change(`Move ${GRIPS[held.name].label.toLowerCase()}`, { rotations, root });
  }

  // Arrow keys move in the screen's axes, Page Up and Down to and from the viewer.
  nudge(event, name) {
    const way = KEYS[event.key];
    if (event.key.toLowerCase() === "p" && !event.ctrlKey && !event.metaKey) this.togglePin(name);
    else if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!way) return;
    const target = this.figure.inScene(GRIPS[name].place(this.figure.pose));
    const step = event.shiftKey ? LARGE_STEP_M : STEP_M;
    this.stage.axes().forEach((axis, index) => target.addScaledVector(axis, way[index] * step));
    this.drag(this.figure.pose, name, target);
    const { rotations, root } = this.studio.live;
    this.studio.change(`Move ${GRIPS[name].label.toLowerCase()}`, { rotations, root }, `nudge ${name}`);
  }

  togglePin(name) {
    if (!/^(hand|foot)\./.test(name)) return;
    const { pins } = this.studio.document;
    const label = `${pins[name] ? "Release" : "Pin"} ${GRIPS[name].label.toLowerCase()}`;
    this.studio.change(label, { pins: { ...pins, [name]: !pins[name] } });
  }
}

function changesOf(pose, document) {
  return {
    rotations: pose.rotations(document.rotations),
    root: pose.root.equals(rootOf(document)) ? document.root : pose.rootVector(),
  };
}

const rootOf = ({ root: [x, y, z] }) => ({ x, y: z, z: -y });
