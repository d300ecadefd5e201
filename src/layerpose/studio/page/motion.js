// A motion that was opened -> a strip to scrub it by: one frame taken as the pose, or key poses from a part of it.
import { button, iconButton, make, slider } from "./elements.js";

const MOST_FRAMES = 1500;

export class Motion {
  constructor(timeline, { id, name, frames, fps, seconds }) {
    Object.assign(this, { timeline, studio: timeline.studio, id, name, frames, fps, seconds });
  }

  async open() {
    const step = Math.max(1, Math.ceil(this.frames / MOST_FRAMES));
    const person = this.studio.document.person;
    const path = `/api/motions/${this.id}?first=0&end=${this.frames}&step=${step}&person=${person}`;
    this.told = await this.timeline.server.json(path);
    this.scrub = slider(this.name, {
      min: 0,
      max: this.told.rotations.length - 1,
      step: 1,
      value: 0,
      format: (frame) => `${(frame / this.told.fps).toFixed(2)} s`,
      input: (frame) => this.preview(frame),
      change: () => this.settle(),
    });
    this.every = make(
      "select",
      { aria: { label: "Time between the keys" } },
      ...[0.25, 0.5, 1, 2].map((value) => make("option", { value }, `every ${value} s`)),
    );
    this.every.value = "0.5";
    const keys = button("Keys from here", () => this.addKeys(), { icon: "key" });
    const row = make(
      "div",
      { className: "row" },
      keys,
      this.every,
      iconButton("close", "Close the motion", () => this.close()),
    );
    this.timeline.strip.replaceChildren(this.scrub, row);
    this.timeline.strip.hidden = false;
    this.studio.tell("show", "animation");
    this.preview(0);
    this.settle();
  }

  close() {
    this.timeline.strip.hidden = true;
    this.timeline.strip.replaceChildren();
  }

  rotations(frame) {
    return Object.fromEntries(this.told.bones.map((bone, index) => [bone, this.told.rotations[frame][index]]));
  }

  // The first frame is put on the floor; the others move from there as the motion does.
  changes(frame) {
    const { posing } = this.timeline;
    this.first ??= posing.changesFor(this.rotations(0)).root;
    const start = this.told.path[0];
    const root = this.told.path[frame].map((value, axis) => this.first[axis] + value - start[axis]);
    return { rotations: this.rotations(frame), root };
  }

  preview(frame) {
    if (!this.moving) this.studio.tell("moving", true);
    this.moving = true;
    this.studio.preview(this.changes(frame));
  }

  settle() {
    this.moving = false;
    this.studio.tell("moving", false);
    const { rotations, root } = this.studio.live;
    this.studio.change(`Frame of ${this.name}`, { rotations, root }, `motion ${this.id}`);
  }

  addKeys() {
    const start = this.scrub.range.valueAsNumber,
      stride = Math.max(1, Math.round(this.every.value * this.told.fps));
    const after = this.timeline.keys.length ? this.timeline.keys.at(-1).time + 0.5 : 0;
    const keys = [];
    for (let frame = start; frame < this.told.rotations.length && keys.length < 200; frame += stride) {
      const time = Math.round((after + (frame - start) / this.told.fps) * 100) / 100;
      keys.push({
        id: crypto.randomUUID(),
        time,
        ease: "linear",
        frame: this.studio.document.frame,
        ...this.changes(frame),
      });
    }
    this.timeline.write([...this.timeline.keys, ...keys], `Keys from ${this.name}`);
  }
}
