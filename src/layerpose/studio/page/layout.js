// Which part of the screen is seen: the tabs at the left and, on a phone, the row at the foot.
import { at, icon, make } from "./elements.js";

const PARTS = {
  photo: ["photo", "Photo"],
  poses: ["pose", "Poses"],
  shape: ["shape", "Shape"],
  body: ["body", "Body"],
  result: ["result", "Result"],
  animation: ["film", "Animation"],
};
const LEFT = ["photo", "poses", "shape"];

export class Layout {
  constructor(studio) {
    this.nav = new Map(
      Object.entries(PARTS).map(([name, [symbol, label]]) => {
        const made = make("button", { type: "button", onclick: () => this.show(name) }, icon(symbol), label);
        at("phone").append(made);
        return [name, made];
      }),
    );
    LEFT.forEach((name, index) => {
      at(`tab-${name}`).addEventListener("click", () => this.show(name));
      at(`tab-${name}`).addEventListener("keydown", (event) => this.step(event, index));
    });
    studio.on("show", (name) => this.show(name));
    this.show("photo");
    this.show("body");
  }

  show(name) {
    at("screen").dataset.tab = name;
    this.nav.forEach((made, other) => made.setAttribute("aria-current", String(other === name)));
    if (!LEFT.includes(name)) return;
    for (const other of LEFT) {
      at(other).hidden = other !== name;
      at(`tab-${other}`).setAttribute("aria-selected", String(other === name));
      at(`tab-${other}`).tabIndex = other === name ? 0 : -1;
    }
  }

  step(event, index) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = LEFT[(index + way + LEFT.length) % LEFT.length];
    this.show(next);
    at(`tab-${next}`).focus();
  }
}
