// A chosen bone -> rings about its joint, and the pose as they turn it.
import { Object3D, Quaternion, Vector3 } from "./vendor/three.module.min.js";
import { TransformControls } from "./vendor/TransformControls.js";
import { withinLimits } from "./limits.js";

const SPREAD = { wrist: "lowerarm02", foot: "lowerleg02" }; // whose twist is shared with the bone above
const SIZE = 0.62;
const COLOURS = [0xe58a80, 0x9ccf86, 0x7fb2ee, 0xffffff]; // about the body's x, y and z, and the one under the pointer

export class Rings {
  constructor(studio, stage, figure) {
    Object.assign(this, { studio, stage, figure, bone: null });
    this.proxy = new Object3D();
    stage.scene.add(this.proxy);
    this.controls = new TransformControls(stage.camera, stage.container);
    this.controls.setMode("rotate");
    this.controls.setSpace("local");
    this.controls.setSize(SIZE);
    this.controls.setColors(...COLOURS);
    this.controls.addEventListener("change", () => stage.invalidate());
    this.controls.addEventListener("dragging-changed", ({ value }) => (value ? this.begin() : this.end()));
    this.controls.addEventListener("objectChange", () => this.turn());
    stage.scene.add(this.controls.getHelper());
    studio.on("preview", () => this.follow());
    studio.on("bone", (bone) => this.choose(bone));
  }

  choose(bone) {
    this.bone = bone;
    if (bone) this.controls.attach(this.proxy);
    else this.controls.detach();
    this.follow();
    this.stage.invalidate();
  }

  follow() {
    const { pose } = this.figure;
    if (!this.bone || !pose || this.start) return;
    this.proxy.position.copy(this.figure.inScene(pose.place(this.bone)));
    this.proxy.quaternion.copy(pose.turnOf(this.bone));
  }

  begin() {
    this.stage.controls.enabled = false;
    this.start = this.figure.pose.clone();
    this.studio.tell("moving", true);
  }

  turn() {
    if (!this.start) return;
    const pose = turnBone(this.start.clone(), this.bone, this.proxy.quaternion, this.studio.preferences.limits);
    this.studio.preview({ rotations: pose.rotations(this.studio.document.rotations) });
  }

  end() {
    this.stage.controls.enabled = true;
    this.start = null;
    this.studio.tell("moving", false);
    const { rotations } = this.studio.live;
    if (rotations !== this.studio.document.rotations) this.studio.change(`Turn ${this.bone}`, { rotations });
    this.follow();
  }
}

// A bone turned to an orientation in the world; a twist of hand or foot is shared with the bone above.
export function turnBone(pose, name, world, limits) {
  const before = pose.local[pose.skeleton.row(name)].clone();
  const [part, side] = name.split(".");
  if (SPREAD[part]) shareTwist(pose, `${SPREAD[part]}.${side}`, name, world);
  pose.setWorld(name, world);
  return limits ? withinLimits(pose, name, before) : pose;
}

function shareTwist(pose, above, name, world) {
  const axis = pose.place(name).clone().sub(pose.place(above)).normalize();
  const delta = world.clone().multiply(pose.turnOf(name).clone().invert());
  const twist = 2 * Math.atan2(new Vector3(delta.x, delta.y, delta.z).dot(axis), delta.w);
  const nearest = Math.atan2(Math.sin(twist), Math.cos(twist));
  pose.turn(above, new Quaternion().setFromAxisAngle(axis, nearest / 2));
}
