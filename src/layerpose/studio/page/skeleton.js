// The bones and a pose: rotation vectors in body axes (the document) <-> turns and places in the viewport's axes.
//
// Body axes: x the person's left, y back, z up; the viewport's: x the same, y up, z forwards. Metres and radians.
import { Quaternion, Vector3 } from "./vendor/three.module.min.js";

const SMALLEST_ANGLE = 1e-7;

export const toViewport = ([x, y, z]) => new Vector3(x, z, -y);
export const toBody = ({ x, y, z }) => [x, -z, y];
export const mirrored = (name) => name.replace(/\.[LR]$/, (side) => (side === ".L" ? ".R" : ".L"));
export const mirrorVector = ([x, y, z]) => [x, -y, -z];

export class Skeleton {
  // `offsets`: where each bone begins, seen from its parent, in the reference pose.
  constructor(names, parents, offsets) {
    this.names = names;
    this.parents = parents;
    this.offsets = offsets;
    this.rows = new Map(names.map((name, row) => [name, row]));
    this.ends = endsOf(parents);
    this.reference = new Pose(this);
  }

  row(name) {
    const row = this.rows.get(name);
    if (row === undefined) throw new Error(`there is no bone ${name}`);
    return row;
  }

  isUnder(row, top) {
    while (row > top) row = this.parents[row];
    return row === top;
  }
}

// For each bone the row behind the last one that hangs from it; bones stand after their parents.
function endsOf(parents) {
  const ends = parents.map((_, row) => row + 1);
  for (let row = parents.length - 1; row > 0; row--) ends[parents[row]] = Math.max(ends[parents[row]], ends[row]);
  return ends;
}

export class Pose {
  // All bones unturned, the pelvis at the origin.
  constructor(skeleton) {
    this.skeleton = skeleton;
    this.local = skeleton.names.map(() => new Quaternion());
    this.world = skeleton.names.map(() => new Quaternion());
    this.places = skeleton.names.map(() => new Vector3());
    this.root = new Vector3();
    this.touched = new Set();
    this.follow();
  }

  static from(skeleton, rotations, root = [0, 0, 0]) {
    const pose = new Pose(skeleton);
    for (const [name, vector] of Object.entries(rotations)) {
      const row = skeleton.rows.get(name);
      if (row !== undefined) pose.local[row].copy(turnFromVector(vector));
    }
    pose.root.copy(toViewport(root));
    return pose.follow();
  }

  clone() {
    const pose = new Pose(this.skeleton);
    this.local.forEach((turn, row) => pose.local[row].copy(turn));
    pose.root.copy(this.root);
    pose.touched = new Set(this.touched);
    return pose.follow();
  }

  // Forward kinematics of a bone and all that hangs from it.
  follow(first = 0) {
    const { parents, offsets, ends } = this.skeleton;
    for (let row = first; row < ends[first]; row++) {
      const above = parents[row];
      if (above < 0) {
        this.world[row].copy(this.local[row]);
        this.places[row].copy(this.root);
      } else {
        this.world[row].multiplyQuaternions(this.world[above], this.local[row]);
        this.places[row].copy(offsets[row]).applyQuaternion(this.world[above]).add(this.places[above]);
      }
    }
    return this;
  }

  place(name) {
    return this.places[this.skeleton.row(name)];
  }

  turnOf(name) {
    return this.world[this.skeleton.row(name)];
  }

  // Turns a bone, and what hangs from it, about its head by a rotation of the world.
  turn(name, rotation) {
    return this.setWorld(name, rotation.clone().multiply(this.turnOf(name)));
  }

  setWorld(name, world) {
    const row = this.skeleton.row(name);
    const above = this.skeleton.parents[row];
    const local = above < 0 ? world.clone() : this.world[above].clone().invert().multiply(world);
    return this.setLocal(name, local);
  }

  setLocal(name, local) {
    const row = this.skeleton.row(name);
    this.local[row].copy(local).normalize();
    this.touched.add(row);
    return this.follow(row);
  }

  moveRoot(place) {
    this.root.copy(place);
    return this.follow();
  }

  // The document's rotations: those of untouched bones stay the very numbers that they were.
  rotations(before = {}) {
    const after = { ...before };
    for (const row of this.touched) {
      const vector = turnToVector(this.local[row]);
      if (Math.hypot(...vector) < SMALLEST_ANGLE) delete after[this.skeleton.names[row]];
      else after[this.skeleton.names[row]] = vector;
    }
    return after;
  }

  rootVector() {
    return toBody(this.root);
  }
}

export function turnFromVector(vector) {
  const axis = toViewport(vector);
  const angle = axis.length();
  return angle < SMALLEST_ANGLE ? new Quaternion() : new Quaternion().setFromAxisAngle(axis.divideScalar(angle), angle);
}

export function turnToVector(turn) {
  const sign = turn.w < 0 ? -1 : 1;
  const sine = Math.hypot(turn.x, turn.y, turn.z);
  const angle = 2 * Math.atan2(sine, sign * turn.w);
  const factor = sine < 1e-12 ? 2 : (sign * angle) / sine;
  return toBody(new Vector3(turn.x, turn.y, turn.z).multiplyScalar(factor)).map((value) => value + 0);
}

// The pose as a mirror shows it.
export function mirrorPose(rotations, [x, y, z]) {
  const swapped = Object.entries(rotations).map(([name, vector]) => [mirrored(name), mirrorVector(vector)]);
  return { rotations: Object.fromEntries(swapped), root: [-x, y, z] };
}

// One side's bones onto the other; "L" copies the person's left to the right.
export function copySide(rotations, side, only = () => true) {
  const other = side === "L" ? "R" : "L";
  const kept = Object.entries(rotations).filter(([name]) => !(name.endsWith(`.${other}`) && only(mirrored(name))));
  const copied = Object.entries(rotations).filter(([name]) => name.endsWith(`.${side}`) && only(name));
  return Object.fromEntries([...kept, ...copied.map(([name, vector]) => [mirrored(name), mirrorVector(vector)])]);
}
