// Key poses and motions -> the strip under the screen: a playhead, keys that are dragged, play, ease.
import { at, button, iconButton, make } from "./elements.js";
import { complain } from "./notices.js";
import { EASES, poseAt } from "./tween.js";

const HINTS = [
  "Add this pose as the first key, then pose the body anew and add the next.",
  "Pose the body anew and add the next key.",
  "",
];
const SHORTEST_S = 2;
const STEP_S = 0.1;
const LAST_SHARE = 0.92; // of the strip, where the last key stands
const NEAR_S = 0.05;

export class Timeline {
  constructor(studio, server, posing) {
    Object.assign(this, { studio, server, posing, time: 0, selected: null, motion: null });
    this.build();
    studio.on("change", () => this.show());
    studio.on("motion", (motion) => this.openMotion(motion).catch(complain));
    this.show();
  }

  build() {
    this.play = iconButton("play", "Play", () => this.togglePlay(), { key: "Space" });
    this.clock = make("output", { className: "clock" });
    this.add = button("Add key", () => this.addKey(), { icon: "key", title: "Keep this pose at this time (K)" });
    this.ease = make(
      "select",
      { aria: { label: "How the way to the next key begins and ends" } },
      ...Object.entries(EASES).map(([value, text]) => make("option", { value }, text)),
    );
    this.ease.addEventListener("change", () => this.changeKey({ ease: this.ease.value }, "Change the ease"));
    this.remove = iconButton("bin", "Delete the key", () => this.removeKey(), { key: "Delete" });
    this.video = button("Make a video", () => this.studio.tell("video"), { icon: "film", className: "main" });
    this.empty = make("p", { className: "note" });
    this.fold = iconButton("down", "Fold the animation away", () => this.toggleFold(), {
      className: "fold",
      aria: { expanded: "true" },
    });
    this.head = make(
      "div",
      { className: "row head" },
      this.play,
      this.clock,
      this.add,
      this.ease,
      this.remove,
      this.empty,
      this.video,
      this.fold,
    );
    this.playhead = make("input", {
      type: "range",
      min: 0,
      step: 0.01,
      value: 0,
      className: "playhead",
      aria: { label: "Time" },
    });
    this.playhead.addEventListener("input", () => this.seek(this.playhead.valueAsNumber));
    this.playhead.addEventListener("change", () => this.settle());
    this.marks = make("div", { className: "marks" });
    this.track = make("div", { className: "track" }, this.playhead, this.marks);
    this.strip = make("div", { className: "motion", hidden: true });
    at("animation").append(this.head, this.track, this.strip);
  }

  toggleFold() {
    const folded = at("animation").classList.toggle("folded");
    this.fold.setAttribute("aria-expanded", String(!folded));
  }

  get keys() {
    return this.studio.document.keys;
  }

  // The whole strip in seconds.
  get length() {
    return Math.max(
      SHORTEST_S,
      (this.keys.at(-1)?.time ?? 0) / LAST_SHARE + (this.keys.length ? 0.5 : 0),
      this.wanted ?? 0,
    );
  }

  show() {
    const { keys } = this;
    this.playhead.max = this.length;
    this.playhead.value = this.time;
    this.marks.replaceChildren(...keys.map((key) => this.makeMark(key)));
    this.empty.textContent = HINTS[Math.min(keys.length, 2)];
    this.video.disabled = keys.length < 2;
    this.play.disabled = keys.length < 2;
    this.say();
  }

  // What depends on the time and the chosen key.
  say() {
    const here = this.keyHere();
    this.clock.textContent = `${this.time.toFixed(2)} s`;
    this.playhead.setAttribute("aria-valuetext", this.clock.textContent);
    this.add.lastChild.textContent = here ? "Update key" : "Add key";
    this.ease.hidden = this.remove.hidden = !here;
    if (here) this.ease.value = here.ease;
    for (const mark of this.marks.children) mark.classList.toggle("here", mark.dataset.key === here?.id);
  }

  keyHere() {
    return this.keys.find(({ time }) => Math.abs(time - this.time) < NEAR_S);
  }

  makeMark(key) {
    const mark = make("button", {
      type: "button",
      className: "mark",
      data: { key: key.id },
      aria: { label: `Key at ${key.time.toFixed(2)} seconds` },
    });
    mark.style.left = `${(key.time / this.length) * 100}%`;
    mark.addEventListener("pointerdown", (event) => this.grab(event, mark, key));
    mark.addEventListener("click", () => this.goTo(key));
    mark.addEventListener("keydown", (event) => {
      const way = { ArrowRight: STEP_S, ArrowLeft: -STEP_S }[event.key];
      if (way) this.moveKey(key, key.time + way);
      else if (event.key === "Delete") this.removeKey(key);
      else return;
      event.preventDefault();
    });
    return mark;
  }

  grab(event, mark, key) {
    mark.setPointerCapture(event.pointerId);
    const box = this.track.getBoundingClientRect(),
      { length } = this;
    const timeAt = ({ clientX }) => Math.max(0, ((clientX - box.left) / box.width) * length);
    let moved = null;
    const move = (moving) => {
      if (moved === null && Math.abs(moving.clientX - event.clientX) < 4) return;
      moved = timeAt(moving);
      mark.style.left = `${(moved / length) * 100}%`;
    };
    mark.addEventListener("pointermove", move);
    mark.addEventListener(
      "lostpointercapture",
      () => {
        mark.removeEventListener("pointermove", move);
        if (moved !== null) this.moveKey(key, moved);
      },
      { once: true },
    );
  }

  moveKey(key, time) {
    this.time = Math.max(0, Math.round(time * 100) / 100);
    this.write(
      this.keys.map((other) => (other.id === key.id ? { ...key, time: this.time } : other)),
      "Move a key",
      `key ${key.id}`,
    );
    this.marks.querySelector(`[data-key="${key.id}"]`)?.focus();
  }

  goTo(key) {
    this.time = key.time;
    const { rotations, root, frame } = key;
    this.studio.change("Go to a key", { rotations, root, frame }, "go");
  }

  addKey() {
    const { rotations, root, frame } = this.studio.document;
    const here = this.keyHere();
    if (!here && this.keys.length && this.time <= this.keys.at(-1).time && this.untouched())
      this.time = Math.round((this.keys.at(-1).time + 1) * 100) / 100;
    const key = {
      id: here?.id ?? crypto.randomUUID(),
      time: here?.time ?? this.time,
      rotations,
      root,
      frame,
      ease: here?.ease ?? "in-out",
    };
    this.write([...this.keys.filter(({ id }) => id !== key.id), key], here ? "Update a key" : "Add a key");
    if (!here) this.advance();
  }

  // The next key comes a second later, unless the playhead is moved.
  advance() {
    const last = this.keys.at(-1).time;
    if (this.time < last) return;
    this.time = last + 1;
    this.wanted = this.time / LAST_SHARE;
    this.show();
  }

  untouched() {
    return !this.sought;
  }

  changeKey(changes, label) {
    const here = this.keyHere();
    if (here)
      this.write(
        this.keys.map((key) => (key.id === here.id ? { ...key, ...changes } : key)),
        label,
      );
  }

  removeKey(key = this.keyHere()) {
    if (key)
      this.write(
        this.keys.filter(({ id }) => id !== key.id),
        "Delete a key",
      );
  }

  write(keys, label, merge = null) {
    this.sought = false;
    this.studio.change(label, { keys: [...keys].sort((a, b) => a.time - b.time) }, merge);
  }

  seek(time) {
    this.time = time;
    this.sought = true;
    if (this.keys.length > 1) this.studio.preview(poseAt(this.keys, time));
    this.say();
  }

  settle() {
    if (this.keys.length < 2) return;
    const { rotations, root, frame } = this.studio.live;
    this.studio.change("Go to a time", { rotations, root, frame }, "go");
  }

  togglePlay() {
    if (this.playing) return this.stop();
    if (this.keys.length < 2) return undefined;
    const last = this.keys.at(-1).time,
      first = this.keys[0].time;
    const start = performance.now() - (this.time >= last || this.time < first ? 0 : (this.time - first) * 1000);
    this.studio.tell("playing", true);
    const step = (now) => {
      this.time = first + (((now - start) / 1000) % (last - first));
      this.playhead.value = this.time;
      this.studio.preview(poseAt(this.keys, this.time));
      this.say();
      this.playing = requestAnimationFrame(step);
    };
    this.playing = requestAnimationFrame(step);
    return this.showPlay();
  }

  stop() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.studio.tell("playing", false);
    this.settle();
    this.showPlay();
  }

  showPlay() {
    this.play.firstChild.firstChild.setAttribute("href", `page/icons.svg#${this.playing ? "stop" : "play"}`);
    this.play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  async openMotion(motion) {
    const { Motion } = await import("./motion.js");
    this.motion?.close();
    this.motion = new Motion(this, motion);
    await this.motion.open();
  }
}
