// The six numbers of a body's shape -> sliders, and a body of that shape on the stage.
import { at, button, make, slider } from "./elements.js";
import { shapeOf } from "./picture.js";

const SHAPES = {
  gender: ["Figure", "male", "female"],
  age: ["Age", "young", "old"],
  muscle: ["Muscles", "few", "many"],
  weight: ["Weight", "thin", "heavy"],
  height: ["Height", "short", "tall"],
  proportions: ["Proportions", "", ""],
};

export class ShapePanel {
  constructor(studio) {
    this.studio = studio;
    this.sliders = Object.entries(SHAPES).map(([name, [label, low, high]]) => {
      const made = slider(label, {
        min: 0,
        max: 1,
        step: 0.01,
        value: 0.5,
        format: (value) => `${Math.round(value * 100)} %`,
        input: (value) => this.preview(name, value),
        change: () => this.settle(label),
      });
      if (low) made.append(make("small", {}, make("span", {}, low), make("span", {}, high)));
      return [name, made];
    });
    const own = button("As in the photo", () => studio.change("Shape of the photo", { phenotype: null }), {
      icon: "reset",
    });
    at("shape").append(
      make("p", { className: "note" }, "Another figure for the same person."),
      ...this.sliders.map(([, made]) => made),
      own,
    );
    studio.on("preview", () => this.show());
  }

  show() {
    const { live, person } = this.studio;
    if (!person || this.moving) return;
    const shape = shapeOf(live, person);
    for (const [name, made] of this.sliders) made.set(shape[name] ?? 0.5);
  }

  preview(name, value) {
    if (!this.moving) this.studio.tell("moving", true);
    this.moving = true;
    this.studio.preview({ phenotype: { ...shapeOf(this.studio.live, this.studio.person), [name]: value } });
  }

  settle(label) {
    this.moving = false;
    this.studio.tell("moving", false);
    this.studio.change(`Shape: ${label.toLowerCase()}`, { phenotype: this.studio.live.phenotype }, `shape ${label}`);
  }
}
