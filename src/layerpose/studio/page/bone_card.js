// The chosen bone -> a card beside the body: its name, three sliders, resets, pin, and for a hand its fingers.
import { Euler, Quaternion } from "./vendor/three.module.min.js";
import { at, button, iconButton, make, slider } from "./elements.js";
import { GRIPS } from "./grips.js";
import { FINGERS, curlOf, fingerRotations, handRotations } from "./hands.js";
import { LIMBS } from "./ik.js";
import { turnBone } from "./rings.js";

const DEGREE = Math.PI / 180;
const AXES = [
  ["x", "Forwards"],
  ["y", "Turn"],
  ["z", "Sideways"],
]; // in the viewport's axes
const NAMES = [
  ["root", "Whole body"],
  ["spine05", "Lower back"],
  ["spine04", "Back, lower"],
  ["spine03", "Back, middle"],
  ["spine02", "Back, upper"],
  ["spine01", "Chest"],
  ["neck01", "Neck"],
  ["neck02", "Neck, middle"],
  ["neck03", "Neck, upper"],
  ["head", "Head"],
];
const SIDED = [
  ["clavicle", "collarbone"],
  ["shoulder01", "shoulder"],
  ["upperarm01", "upper arm"],
  ["lowerarm01", "forearm"],
  ["lowerarm02", "forearm, twist"],
  ["wrist", "hand"],
  ["upperleg01", "thigh"],
  ["lowerleg01", "shin"],
  ["foot", "foot"],
];
const LIMB_BONES = {
  hand: /^(clavicle|shoulder|upperarm|lowerarm|wrist|metacarpal|finger)/,
  foot: /^(upperleg|lowerleg|foot|toe|pelvis)/,
};

export const BONES = new Map([
  ...NAMES,
  ...["L", "R"].flatMap((side) =>
    SIDED.map(([bone, name]) => [`${bone}.${side}`, `${side === "L" ? "Left" : "Right"} ${name}`]),
  ),
]);

export class BoneCard {
  constructor(studio, figure) {
    Object.assign(this, { studio, figure, bone: null });
    this.card = at("bone");
    this.build();
    studio.on("bone", (bone) => this.show(bone));
    studio.on("preview", () => this.refresh());
  }

  build() {
    const options = [...BONES].map(([value, text]) => make("option", { value }, text));
    this.select = make("select", { aria: { label: "Bone" }, className: "grow" }, ...options);
    this.select.addEventListener("change", () => this.studio.tell("bone", this.select.value));
    const head = make(
      "div",
      { className: "row" },
      this.select,
      iconButton("close", "Close", () => this.studio.tell("bone", null)),
    );
    this.sliders = AXES.map(([axis, label]) =>
      slider(label, {
        min: -180,
        max: 180,
        step: 1,
        value: 0,
        format: (value) => `${Math.round(value)}\u00b0`,
        input: () => this.turn(),
        change: () => this.settle(`Turn ${BONES.get(this.bone).toLowerCase()}`),
      }),
    );
    this.pin = button("Pin", () => this.togglePin(), { icon: "pin" });
    this.resetLimb = button("Reset limb", () => this.reset((name) => this.isOfLimb(name)), { className: "quiet" });
    const foot = make(
      "div",
      { className: "row" },
      button("Reset", () => this.reset((name) => name === this.bone), { className: "quiet" }),
      this.resetLimb,
      this.pin,
    );
    this.fingers = this.buildFingers();
    this.card.append(head, ...this.sliders, foot, this.fingers);
  }

  buildFingers() {
    this.presets = make("div", { className: "row" });
    this.curls = Object.entries(FINGERS).map(([finger, label]) =>
      slider(label, {
        min: -0.4,
        max: 1.1,
        step: 0.01,
        value: 0,
        format: (value) => `${Math.round(value * 100)} %`,
        input: (curl) => this.curl(finger, curl),
        change: () => this.settle(`Curl ${label.toLowerCase()}`),
      }),
    );
    return make(
      "div",
      { className: "fingers" },
      make("h2", { className: "heading" }, "Hand"),
      this.presets,
      ...this.curls,
    );
  }

  // The ways of holding a hand that the server knows.
  fill(hands) {
    this.presets.replaceChildren(
      ...Object.values(hands).map((hand) => button(hand.title, () => this.hold(hand), { className: "small" })),
    );
  }

  show(bone) {
    this.bone = bone;
    this.card.hidden = !bone;
    if (bone && !BONES.has(bone)) BONES.set(bone, bone);
    if (bone && ![...this.select.options].some(({ value }) => value === bone))
      this.select.append(make("option", { value: bone }, bone));
    this.refresh();
  }

  refresh() {
    if (!this.bone || !this.figure.pose || this.moving) return;
    this.select.value = this.bone;
    const angles = new Euler().setFromQuaternion(this.figure.pose.local[this.figure.skeleton.row(this.bone)], "YXZ");
    AXES.forEach(([axis], index) => this.sliders[index].set(Math.round(angles[axis] / DEGREE)));
    const limb = this.limb;
    const pinnable = limb && LIMBS[limb].end === this.bone;
    this.pin.hidden = !pinnable;
    this.pin.setAttribute("aria-pressed", String(Boolean(this.studio.live.pins[limb])));
    this.resetLimb.hidden = !limb;
    this.fingers.hidden = !/^wrist/.test(this.bone);
    if (!this.fingers.hidden)
      this.curls.forEach((made, index) =>
        made.set(curlOf(this.figure.skeleton, this.studio.live.rotations, this.side, index + 1)),
      );
  }

  get side() {
    return this.bone?.slice(-1);
  }

  // The limb to which the bone belongs: hand.L ...
  get limb() {
    const kind = Object.keys(LIMB_BONES).find((name) => LIMB_BONES[name].test(this.bone ?? ""));
    return kind && /\.[LR]$/.test(this.bone) ? `${kind}.${this.side}` : null;
  }

  isOfLimb(name) {
    return name.endsWith(`.${this.side}`) && LIMB_BONES[this.limb.split(".")[0]].test(name);
  }

  turn() {
    this.begin();
    const pose = this.start.clone();
    const [x, y, z] = this.sliders.map(({ range }) => range.valueAsNumber * DEGREE);
    const local = new Quaternion().setFromEuler(new Euler(x, y, z, "YXZ"));
    const above = pose.skeleton.parents[pose.skeleton.row(this.bone)];
    const world = above < 0 ? local : pose.world[above].clone().multiply(local);
    turnBone(pose, this.bone, world, this.studio.preferences.limits);
    this.studio.preview({ rotations: pose.rotations(this.studio.document.rotations) });
  }

  curl(finger, value) {
    this.begin();
    const { skeleton } = this.figure;
    this.studio.preview({
      rotations: { ...this.studio.document.rotations, ...fingerRotations(skeleton, this.side, finger, value) },
    });
  }

  begin() {
    if (this.moving) return;
    this.moving = true;
    this.start = this.figure.pose.clone();
    this.studio.tell("moving", true);
  }

  settle(label) {
    this.moving = false;
    this.studio.tell("moving", false);
    this.studio.change(label, { rotations: this.studio.live.rotations }, label);
  }

  hold({ title, bones }) {
    const rotations = { ...this.studio.document.rotations, ...handRotations(bones, this.side) };
    this.studio.change(`Hand: ${title.toLowerCase()}`, { rotations });
  }

  // Back to how the photo has it.
  reset(test) {
    const { rotations } = this.studio.person.body;
    const kept = Object.entries(this.studio.document.rotations).filter(([name]) => !test(name));
    const own = Object.entries(rotations).filter(([name]) => test(name));
    this.studio.change(`Reset ${BONES.get(this.bone).toLowerCase()}`, {
      rotations: Object.fromEntries([...kept, ...own]),
    });
  }

  togglePin() {
    const { pins } = this.studio.document;
    const label = `${pins[this.limb] ? "Release" : "Pin"} ${GRIPS[this.limb].label.toLowerCase()}`;
    this.studio.change(label, { pins: { ...pins, [this.limb]: !pins[this.limb] } });
  }
}
