// A posed body over the floor -> where its weight is, what it touches, and the same standing on the ground.
import { Quaternion, Vector3 } from "./vendor/three.module.min.js";
import { LIMBS, reach } from "./ik.js";

const NEAR_M = 0.15; // a foot that hangs lower than this over the floor is put down
const STEEP = 40 * (Math.PI / 180); // a foot that is tilted more stands on its toes on purpose
const UP = new Vector3(0, 1, 0);

// Shares of the body's mass (de Leva 1996, mean of both sexes): from, to, where between, share.
const SEGMENTS = [
  ["head", "eye.L", 0.4, 0.068],
  ["root", "neck01", 0.55, 0.43],
  ...["L", "R"].flatMap((side) => [
    [`upperarm01.${side}`, `lowerarm01.${side}`, 0.576, 0.0263],
    [`lowerarm01.${side}`, `wrist.${side}`, 0.457, 0.015],
    [`wrist.${side}`, `finger3-1.${side}`, 0.8, 0.0058],
    [`upperleg01.${side}`, `lowerleg01.${side}`, 0.385, 0.1447],
    [`lowerleg01.${side}`, `foot.${side}`, 0.442, 0.0457],
    [`foot.${side}`, `toe2-1.${side}`, 0.45, 0.0133],
  ]),
];

export function centreOfMass(pose) {
  const sum = new Vector3();
  let mass = 0;
  for (const [from, to, share, weight] of SEGMENTS) {
    sum.addScaledVector(pose.place(from).clone().lerp(pose.place(to), share), weight);
    mass += weight;
  }
  return sum.divideScalar(mass);
}

// Whether the weight rests over the feet: within the hull of ankles and toes, a hand's breadth round it.
export function isBalanced(pose) {
  const centre = centreOfMass(pose);
  const lowest = Math.min(pose.place("foot.L").y, pose.place("foot.R").y);
  const standing = ["L", "R"].filter((side) => pose.place(`foot.${side}`).y < lowest + NEAR_M);
  const points = standing.flatMap((side) => ["foot", "toe1-1", "toe5-1"].map((bone) => pose.place(`${bone}.${side}`)));
  return (
    distanceToHull(
      points.map(({ x, z }) => [x, z]),
      [centre.x, centre.z],
    ) < 0.07
  );
}

// Lowest place of the skin of some bones (of all without a test), in the pose's own coordinates.
export function lowest(body, pose, test = () => true) {
  const { skinIndex } = body.mesh.geometry.attributes;
  const wanted = pose.skeleton.names.map((name) => test(name));
  const point = new Vector3();
  let least = Infinity;
  for (let vertex = 0; vertex < skinIndex.count; vertex++) {
    if (wanted[skinIndex.getX(vertex)]) least = Math.min(least, skinPoint(body, pose, vertex, point).y);
  }
  return least;
}

// Every so many-th vertex of the skin, posed.
export function skinPoints(body, pose, every) {
  const { count } = body.mesh.geometry.attributes.position;
  return Array.from({ length: Math.ceil(count / every) }, (_, index) =>
    skinPoint(body, pose, index * every, new Vector3()),
  );
}

// Linear blend skinning of one vertex.
function skinPoint(body, pose, vertex, into) {
  const { position, skinIndex, skinWeight } = body.mesh.geometry.attributes;
  into.set(0, 0, 0);
  for (let slot = 0; slot < 4; slot++) {
    const weight = skinWeight.getComponent(vertex, slot);
    if (!weight) continue;
    const row = skinIndex.getComponent(vertex, slot);
    part
      .fromBufferAttribute(position, vertex)
      .sub(pose.skeleton.reference.places[row])
      .applyQuaternion(pose.world[row]);
    into.addScaledVector(part.add(pose.places[row]), weight);
  }
  return into;
}

const part = new Vector3();

// The whole body put down on the floor, then a foot that hangs close over it, flat.
export function stand(body, pose) {
  const floor = -body.pelvis.y;
  pose.moveRoot(pose.root.clone().setY(pose.root.y + floor - lowest(body, pose)));
  for (const side of ["L", "R"]) putDown(body, pose, side, floor);
  return pose;
}

function putDown(body, pose, side, floor) {
  const bone = LIMBS[`foot.${side}`].end;
  const own = (name) => name.endsWith(`.${side}`) && /^(foot|toe)/.test(name);
  if (lowest(body, pose, own) - floor > NEAR_M) return;
  const tilted = pose.turnOf(bone).clone();
  const level = new Quaternion().setFromUnitVectors(UP.clone().applyQuaternion(tilted), UP).multiply(tilted);
  if (tilted.angleTo(level) > STEEP) return;
  pose.setWorld(bone, level);
  const place = pose.place(bone).clone();
  place.y += floor - lowest(body, pose, own);
  reach(pose, `foot.${side}`, place, { keepEnd: true });
}

function distanceToHull(points, [x, y]) {
  const hull = convexHull(points);
  const inside = hull.every(([a, b], index) => {
    const [c, d] = hull[(index + 1) % hull.length];
    return (c - a) * (y - b) - (d - b) * (x - a) >= 0;
  });
  if (inside) return 0;
  return Math.min(...hull.map(([a, b], index) => distanceToSegment([x, y], [a, b], hull[(index + 1) % hull.length])));
}

function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list) =>
    list
      .reduce((hull, point) => {
        while (hull.length > 1 && turns(hull.at(-2), hull.at(-1), point) <= 0) hull.pop();
        return [...hull, point];
      }, [])
      .slice(0, -1);
  return [...half(sorted), ...half([...sorted].reverse())];
}

const turns = ([a, b], [c, d], [e, f]) => (c - a) * (f - b) - (d - b) * (e - a);

function distanceToSegment([x, y], [a, b], [c, d]) {
  const length = (c - a) ** 2 + (d - b) ** 2;
  const share = length ? Math.max(0, Math.min(1, ((x - a) * (c - a) + (y - b) * (d - b)) / length)) : 0;
  return Math.hypot(x - a - share * (c - a), y - b - share * (d - b));
}
