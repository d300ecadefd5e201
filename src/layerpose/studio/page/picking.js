// A click on the body -> the bone under it.
import { Vector3 } from "./vendor/three.module.min.js";
import { BONES } from "./bone_card.js";

const STILL_PX = 4;
const NEAR_PX = 34;

export class Picking {
  constructor(studio, stage, figure, rings) {
    Object.assign(this, { studio, stage, figure });
    stage.container.addEventListener("pointerdown", (event) => {
      this.from =
        event.button === 0 && event.target === stage.renderer.domElement && !rings.controls.axis
          ? [event.clientX, event.clientY]
          : null;
    });
    stage.container.addEventListener("pointerup", (event) => this.release(event));
  }

  release({ clientX, clientY }) {
    if (!this.from || !this.figure.pose || Math.hypot(clientX - this.from[0], clientY - this.from[1]) > STILL_PX)
      return;
    const box = this.stage.container.getBoundingClientRect();
    this.studio.tell("bone", this.boneAt(clientX - box.left, clientY - box.top));
  }

  // The nearest of the bones that have a name, as the screen shows them; null far from all.
  boneAt(x, y) {
    const { skeleton, pose } = this.figure;
    const ends = skeleton.names.map((_, row) => this.stage.toScreen(this.figure.inScene(pose.places[row])));
    let best = null,
      least = NEAR_PX;
    skeleton.names.forEach((name, row) => {
      if (!BONES.has(name) || name === "root") return;
      for (const child of skeleton.names.keys()) {
        if (skeleton.parents[child] !== row) continue;
        const distance = toSegment(x, y, ends[row], ends[child]);
        if (distance < least) [best, least] = [name, distance];
      }
    });
    return best;
  }
}

function toSegment(x, y, from, to) {
  const point = new Vector3(x, y, 0),
    a = new Vector3(from.x, from.y, 0),
    way = new Vector3(to.x - from.x, to.y - from.y, 0);
  const share = Math.max(0, Math.min(1, point.clone().sub(a).dot(way) / (way.lengthSq() || 1)));
  return point.distanceTo(a.addScaledVector(way, share));
}
