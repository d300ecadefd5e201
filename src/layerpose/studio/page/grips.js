// The places by which the body is dragged: what each is called, where it is, and what dragging it does to a pose.
import { Vector3 } from "./vendor/three.module.min.js";
import { LIMBS, SPINE, anchorOf, anchorsOf, curve, holdPins, moveHips, reach, swing } from "./ik.js";
import { mirrored } from "./skeleton.js";

const NOSE = new Vector3(0, -0.02, 0.05); // from the middle of the eyes
const LOOKING = ["neck02", "neck03", "head"];
const LEANING = 0.45; // radians that one bone of the back turns at most in one go
const NODDING = 0.6;

const byBone = (bone) => (pose) => pose.place(bone);

export function nose(pose) {
  const eyes = pose.place("eye.L").clone().add(pose.place("eye.R")).multiplyScalar(0.5);
  return eyes.add(NOSE.clone().applyQuaternion(pose.turnOf("head")));
}

// `bone` is what the rings turn; `key` lies next to the handle's neighbours on the keyboard's way round.
export const GRIPS = {
  head: { label: "Head", bone: "head", place: nose, move: (pose, to) => curve(pose, LOOKING, nose, to, NODDING) },
  chest: { label: "Chest", bone: "spine03", place: byBone("spine01"), move: moveChest },
  hips: { label: "Hips", bone: "root", place: byBone("root"), move: moveRoot },
  ...bothSides(
    "hand",
    "hand",
    "wrist",
    (side) =>
      (pose, to, { limits }) =>
        reach(pose, `hand.${side}`, to, { limits }),
  ),
  ...bothSides("elbow", "elbow", "lowerarm01", (side) => moveMiddle(`hand.${side}`)),
  ...bothSides(
    "foot",
    "foot",
    "foot",
    (side) =>
      (pose, to, { limits }) =>
        reach(pose, `foot.${side}`, to, { limits, keepEnd: true }),
  ),
  ...bothSides("knee", "knee", "lowerleg01", (side) => moveMiddle(`foot.${side}`)),
};

// Drags one grip of `start` to a place; what is pinned stays, and with `symmetry` the other side does the same.
export function drag(start, name, target, { pins = {}, limits = true, symmetry = false }) {
  const pose = start.clone();
  const grip = GRIPS[name];
  const others = Object.fromEntries(Object.entries(pins).map(([limb, pinned]) => [limb, pinned && limb !== name]));
  grip.move(pose, target, { pins, limits, anchors: anchorsOf(start, others) });
  if (symmetry && grip.side) mirrorLimb(pose, grip.side);
  else if (!grip.side && name !== "hips") holdPins(pose, anchorsOf(start, handsOf(others)), limits);
  return pose;
}

function bothSides(name, label, bone, move) {
  return Object.fromEntries(
    ["L", "R"].map((side) => {
      const own = `${bone}.${side}`;
      const called = `${side === "L" ? "Left" : "Right"} ${label}`;
      return [`${name}.${side}`, { label: called, bone: own, side, place: byBone(own), move: move(side) }];
    }),
  );
}

function moveMiddle(limb) {
  return (pose, to, { pins }) => swing(pose, limb, to, Boolean(pins[limb]));
}

function moveChest(pose, to) {
  return curve(pose, SPINE, byBone("spine01"), to, LEANING);
}

function moveRoot(pose, to, { anchors, limits }) {
  return moveHips(pose, to, anchors, limits);
}

function mirrorLimb(pose, side) {
  for (const row of [...pose.touched]) {
    const name = pose.skeleton.names[row];
    if (!name.endsWith(`.${side}`)) continue;
    const turn = pose.local[row].clone();
    turn.y *= -1;
    turn.z *= -1;
    pose.setLocal(mirrored(name), turn);
  }
}

const handsOf = (pins) => Object.fromEntries(Object.entries(pins).filter(([limb]) => limb.startsWith("hand.")));

export { LIMBS, anchorOf };
