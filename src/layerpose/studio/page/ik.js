// A pose and where a hand, foot, elbow, knee, the chest, the head or the hips shall be -> the bones turned accordingly.
//
// Every function changes the pose that it is given. What cannot be reached is pointed at, never torn off.
import { Quaternion, Vector3 } from "./vendor/three.module.min.js";

export const LIMBS = Object.fromEntries(
  ["L", "R"].flatMap((side) => [
    [`hand.${side}`, { upper: `upperarm01.${side}`, lower: `lowerarm01.${side}`, end: `wrist.${side}` }],
    [`foot.${side}`, { upper: `upperleg01.${side}`, lower: `lowerleg01.${side}`, end: `foot.${side}` }],
  ]),
);
export const SPINE = ["spine05", "spine04", "spine03", "spine02"];
export const NECK = ["neck01", "neck02", "neck03", "head"];

const STRAIGHTEST = 2 * (Math.PI / 180); // how far elbows and knees stay bent
const TIGHTEST = 150 * (Math.PI / 180);
const LOOSE_TIGHTEST = 176 * (Math.PI / 180);
const CLEAR_BEND = 8 * (Math.PI / 180); // from here on the limb itself tells which way its joint bends
const ROUNDS = 12;
const CLOSE = 5e-4;
const SHARE = 1.15; // bones of a chain turn less at the tip than at its root; a little more makes up for it

// The end of a limb (wrist or ankle) goes to the target, or as near as the limb is long.
export function reach(pose, limb, target, { limits = true, keepEnd = false } = {}) {
  const { upper, lower, end } = LIMBS[limb];
  const held = pose.turnOf(end).clone();
  bend(pose, limb, bendFor(pose, limb, pose.place(upper).distanceTo(target), limits));
  const start = pose.place(upper);
  pose.turn(upper, arc(pose.place(end).clone().sub(start), target.clone().sub(start)));
  if (keepEnd) pose.setWorld(end, held);
  return pose;
}

// How far the limb's end can be from its root, nearest and farthest.
export function reachOf(pose, limb, limits = true) {
  const [first, second] = lengths(pose, limb);
  const far = Math.sqrt(first ** 2 + second ** 2 + 2 * first * second * Math.cos(STRAIGHTEST));
  const tight = limits ? TIGHTEST : LOOSE_TIGHTEST;
  return [Math.sqrt(first ** 2 + second ** 2 + 2 * first * second * Math.cos(tight)), far];
}

// The elbow or knee goes towards the target. `held`: hand or foot stay and only the joint swings round.
export function swing(pose, limb, target, held) {
  const { upper, lower, end } = LIMBS[limb];
  const start = pose.place(upper).clone();
  if (!held) return pose.turn(upper, arc(pose.place(lower).clone().sub(start), target.clone().sub(start)));
  const axis = pose.place(end).clone().sub(start).normalize();
  const from = pose.place(lower).clone().sub(start).projectOnPlane(axis);
  const to = target.clone().sub(start).projectOnPlane(axis);
  if (from.length() < 1e-3 || to.length() < 1e-3) return pose;
  const kept = pose.turnOf(end).clone();
  pose.turn(upper, arc(from, to, axis));
  return pose.setWorld(end, kept);
}

// A chain of bones bends evenly until `point(pose)` lies in the target's direction, seen from where the chain begins.
export function curve(pose, bones, point, target, most = Infinity) {
  const before = bones.map((name) => pose.local[pose.skeleton.row(name)].clone());
  for (let round = 0; round < ROUNDS; round++) {
    const start = pose.place(bones[0]);
    const whole = arc(point(pose).clone().sub(start), target.clone().sub(start));
    if (angleOf(whole) < CLOSE) break;
    const part = new Quaternion().slerp(whole, Math.min(1, SHARE / bones.length));
    turnAll(pose, bones, part);
    bones.forEach((name, step) => holdWithin(pose, name, before[step], most));
  }
  return pose;
}

// The hips go to the target; pinned hands and feet stay where `anchors` has them ({limb: {place, turn}}).
export function moveHips(pose, target, anchors, limits = true) {
  const from = pose.root.clone();
  const share = farthest(pose, from, target, anchors, limits);
  pose.moveRoot(from.lerp(target, share));
  return holdPins(pose, anchors, limits);
}

export function holdPins(pose, anchors, limits = true) {
  for (const [limb, { place, turn }] of Object.entries(anchors)) {
    reach(pose, limb, place, { limits });
    pose.setWorld(LIMBS[limb].end, turn);
  }
  return pose;
}

export function anchorsOf(pose, pins) {
  const pinned = Object.keys(pins).filter((limb) => pins[limb] && LIMBS[limb]);
  return Object.fromEntries(pinned.map((limb) => [limb, anchorOf(pose, limb)]));
}

export function anchorOf(pose, limb) {
  const { end } = LIMBS[limb];
  return { place: pose.place(end).clone(), turn: pose.turnOf(end).clone() };
}

// The rotation that takes one direction to another by the shortest way, or about a given axis.
export function arc(from, to, axis = null) {
  const a = from.clone().normalize(),
    b = to.clone().normalize();
  if (!a.lengthSq() || !b.lengthSq()) return new Quaternion();
  if (!axis) return new Quaternion().setFromUnitVectors(a, b);
  const sine = new Vector3().crossVectors(a, b).dot(axis);
  return new Quaternion().setFromAxisAngle(axis, Math.atan2(sine, a.dot(b)));
}

export function angleOf(turn) {
  return 2 * Math.atan2(Math.hypot(turn.x, turn.y, turn.z), Math.abs(turn.w));
}

function lengths(pose, limb) {
  const { upper, lower, end } = LIMBS[limb];
  return [pose.place(upper).distanceTo(pose.place(lower)), pose.place(lower).distanceTo(pose.place(end))];
}

// The bend (0: straight) at which root and end are so far apart.
function bendFor(pose, limb, distance, limits) {
  const [first, second] = lengths(pose, limb);
  const cosine = (distance ** 2 - first ** 2 - second ** 2) / (2 * first * second);
  const wanted = Math.acos(Math.max(-1, Math.min(1, cosine)));
  return Math.max(STRAIGHTEST, Math.min(limits ? TIGHTEST : LOOSE_TIGHTEST, wanted));
}

function bend(pose, limb, wanted) {
  const { upper, lower, end } = LIMBS[limb];
  const first = pose.place(lower).clone().sub(pose.place(upper));
  const second = pose.place(end).clone().sub(pose.place(lower));
  const axis = hinge(pose, limb, first, second);
  const flat = second.clone().projectOnPlane(axis);
  const now = Math.atan2(new Vector3().crossVectors(first, flat).dot(axis), first.dot(flat));
  pose.turn(lower, new Quaternion().setFromAxisAngle(axis, wanted - now));
}

// About which the lower half bends: as the limb is bent already, else as the joint is built.
function hinge(pose, limb, first, second) {
  const { upper, lower, end } = LIMBS[limb];
  const own = new Vector3().crossVectors(first, second);
  const { reference } = pose.skeleton;
  const built = new Vector3()
    .crossVectors(
      reference.place(lower).clone().sub(reference.place(upper)),
      reference.place(end).clone().sub(reference.place(lower)),
    )
    .normalize()
    .applyQuaternion(pose.world[pose.skeleton.parents[pose.skeleton.row(lower)]]);
  if (first.angleTo(second) > CLEAR_BEND && own.dot(built) > 0) return own.normalize();
  return built.projectOnPlane(first.clone().normalize()).normalize();
}

// Every bone of a chain turns by the same rotation of the world, upon what those before it did.
function turnAll(pose, bones, rotation) {
  const rows = bones.map((name) => pose.skeleton.row(name));
  for (const row of rows) {
    const above = pose.world[pose.skeleton.parents[row]];
    const turned = above.clone().invert().multiply(rotation).multiply(above).multiply(pose.local[row]);
    pose.local[row].copy(turned).normalize();
    pose.touched.add(row);
  }
  pose.follow(rows[0]);
}

function holdWithin(pose, name, before, most) {
  const local = pose.local[pose.skeleton.row(name)];
  const moved = before.clone().invert().multiply(local);
  const angle = angleOf(moved);
  if (angle > most) pose.setLocal(name, before.clone().multiply(new Quaternion().slerp(moved, most / angle)));
}

// The share of the hips' way at which every pinned limb still reaches its anchor.
function farthest(pose, from, target, anchors, limits) {
  const fits = (share) => {
    const step = target.clone().sub(from).multiplyScalar(share);
    return Object.entries(anchors).every(([limb, { place }]) => {
      const distance = pose.place(LIMBS[limb].upper).clone().add(step).distanceTo(place);
      const [near, far] = reachOf(pose, limb, limits);
      return distance <= far + 1e-6 && distance >= near - 1e-6;
    });
  };
  if (fits(1) || !fits(0)) return fits(1) ? 1 : 0;
  let low = 0,
    high = 1;
  for (let round = 0; round < 20; round++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
