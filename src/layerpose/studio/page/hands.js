// Words for hands and curls of fingers -> rotations of the finger bones.
import { Vector3 } from "./vendor/three.module.min.js";
import { toBody } from "./skeleton.js";

const DEGREE = Math.PI / 180;
const FULL = { 1: [28, 42, 55], 2: [80, 95, 65], 3: [82, 98, 65], 4: [82, 98, 65], 5: [82, 95, 60] }; // a fist

export const FINGERS = { 1: "Thumb", 2: "Index", 3: "Middle", 4: "Ring", 5: "Little" };

// The left hand's bones, as the server has them -> those of either hand.
export function handRotations(bones, side) {
  if (side === "L") return bones;
  return Object.fromEntries(
    Object.entries(bones).map(([bone, [x, y, z]]) => [bone.replace(/L$/, "R"), [x, -y, -z]]),
  );
}

// How far a finger is curled: 0 straight (as the body is built, a little bent already), 1 a fist.
export function fingerRotations(skeleton, side, finger, curl) {
  const axis = curlAxis(skeleton, side, finger);
  return Object.fromEntries(
    [1, 2, 3].map((joint) => {
      const angle = curl * FULL[finger][joint - 1] * DEGREE;
      return [`finger${finger}-${joint}.${side}`, axis.map((value) => value * angle)];
    }),
  );
}

// How far a finger is curled in a document's rotations.
export function curlOf(skeleton, rotations, side, finger) {
  const axis = curlAxis(skeleton, side, finger);
  const vectors = [1, 2, 3].map((joint) => rotations[`finger${finger}-${joint}.${side}`] ?? [0, 0, 0]);
  const angle = vectors.reduce(
    (sum, vector) => sum + axis[0] * vector[0] + axis[1] * vector[1] + axis[2] * vector[2],
    0,
  );
  return angle / DEGREE / FULL[finger].reduce((sum, value) => sum + value);
}

// In body axes; about it the finger bends towards the palm.
function curlAxis({ reference }, side, finger) {
  const between = (from, to) =>
    reference
      .place(`${to}.${side}`)
      .clone()
      .sub(reference.place(`${from}.${side}`));
  const palm = between("finger2-1", "finger5-1")
    .cross(between("wrist", "finger3-1"))
    .multiplyScalar(side === "L" ? 1 : -1);
  const along = between(`finger${finger}-1`, `finger${finger}-3`);
  return toBody(new Vector3().crossVectors(along, palm).normalize());
}
