// Key poses and a time -> the pose between them, as the server's `animate` has it: every bone turns the shorter way.
import { turnFromVector, turnToVector } from "./skeleton.js";

export const EASES = { linear: "Even", in: "Slow start", out: "Slow end", "in-out": "Slow start and end" };

export function ease(share, how) {
  if (how === "in") return share * share;
  if (how === "out") return 1 - (1 - share) ** 2;
  return how === "in-out" ? share * share * (3 - 2 * share) : share;
}

export function poseAt(keys, time) {
  const after = keys.findIndex((key) => key.time > time);
  if (after === 0 || keys.length === 1) return poseOf(keys[0]);
  if (after < 0) return poseOf(keys.at(-1));
  const first = keys[after - 1],
    second = keys[after];
  return blend(first, second, ease((time - first.time) / (second.time - first.time), first.ease));
}

const poseOf = ({ rotations, root, frame }) => ({ rotations, root, frame });

function blend(first, second, share) {
  const names = new Set([...Object.keys(first.rotations), ...Object.keys(second.rotations)]);
  const rotations = Object.fromEntries(
    [...names].map((name) => {
      const from = turnFromVector(first.rotations[name] ?? [0, 0, 0]);
      return [name, turnToVector(from.slerp(turnFromVector(second.rotations[name] ?? [0, 0, 0]), share))];
    }),
  );
  const root = first.root.map((value, axis) => value + (second.root[axis] - value) * share);
  return { rotations, root, frame: first.frame };
}
