// A bone's turn -> the same within what a joint can do, as a box of rotation vectors (degrees, body axes).
//
// A joint that is beyond its limit already, as a fit can be, is not drawn back: it only goes no further.
import { Vector3 } from "./vendor/three.module.min.js";
import { mirrored, toBody, turnFromVector, turnToVector } from "./skeleton.js";

const DEGREE = Math.PI / 180;
const SPINE = { low: [-15, -18, -18], high: [32, 18, 18] };
const NECK = { low: [-18, -16, -26], high: [22, 16, 26] };
const FOOT = { low: [-35, -25, -30], high: [55, 25, 30] };

// Of the left side; the right side's are the mirrored ones. Elbows are told in axes of their own.
const BOXES = {
  spine05: SPINE,
  spine04: SPINE,
  spine03: SPINE,
  spine02: SPINE,
  spine01: SPINE,
  neck01: NECK,
  neck02: NECK,
  neck03: NECK,
  head: { low: [-30, -24, -40], high: [35, 24, 40] },
  "clavicle.L": { low: [-20, -30, -25], high: [20, 12, 25] },
  "shoulder01.L": { low: [-25, -35, -25], high: [25, 20, 25] },
  "upperleg01.L": { low: [-130, -65, -45], high: [35, 40, 60] },
  "lowerleg01.L": { low: [-8, -8, -20], high: [150, 8, 20] },
  "foot.L": FOOT,
  "lowerarm01.L": { low: [-42, -85, -10], high: [108, 85, 10], own: true },
  "lowerarm02.L": { low: [-15, -85, -10], high: [15, 85, 10], own: true },
};
const CONES = [
  [/^wrist/, 85],
  [/^finger/, 110],
  [/^metacarpal/, 20],
  [/^toe/, 70],
  [/^upperarm01/, 175],
];

export function withinLimits(pose, name, before) {
  const row = pose.skeleton.row(name);
  const vector = turnToVector(pose.local[row]),
    held = turnToVector(before);
  const cone = CONES.find(([pattern]) => pattern.test(name));
  const box = boxOf(name);
  const allowed = cone
    ? shorten(vector, Math.max(cone[1] * DEGREE, Math.hypot(...held)))
    : box
      ? clamp(pose, name, box, vector, held)
      : vector;
  if (allowed !== vector) pose.setLocal(name, turnFromVector(allowed));
  return pose;
}

function boxOf(name) {
  const own = BOXES[name];
  if (own || !name.endsWith(".R")) return own;
  const box = BOXES[mirrored(name)];
  if (!box || box.own) return box;
  const [a, b, c] = box.low,
    [d, e, f] = box.high;
  return { low: [a, -e, -f], high: [d, -b, -c] };
}

function clamp(pose, name, { low, high, own }, vector, held) {
  const axes = own ? elbowAxes(pose.skeleton, name.slice(-1)) : null;
  const told = axes ? toAxes(axes, vector) : vector,
    was = axes ? toAxes(axes, held) : held;
  const inside = told.map((value, axis) => {
    const least = Math.min(low[axis] * DEGREE, was[axis]),
      most = Math.max(high[axis] * DEGREE, was[axis]);
    return Math.max(least, Math.min(most, value));
  });
  if (inside.every((value, axis) => value === told[axis])) return vector;
  return axes ? fromAxes(axes, inside) : inside;
}

function shorten(vector, longest) {
  const length = Math.hypot(...vector);
  return length > longest ? vector.map((value) => (value * longest) / length) : vector;
}

// Bend, twist and what an elbow cannot do, as directions in body axes.
function elbowAxes(skeleton, side) {
  const { reference } = skeleton;
  const elbow = reference.place(`lowerarm01.${side}`);
  const first = elbow.clone().sub(reference.place(`upperarm01.${side}`));
  const second = reference.place(`wrist.${side}`).clone().sub(elbow).normalize();
  const bend = new Vector3().crossVectors(first, second).normalize();
  return [bend, second, new Vector3().crossVectors(bend, second)].map((axis) => toBody(axis));
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const toAxes = (axes, vector) => axes.map((axis) => dot(axis, vector));
const fromAxes = (axes, values) =>
  [0, 1, 2].map((row) => axes.reduce((sum, axis, index) => sum + axis[row] * values[index], 0));
