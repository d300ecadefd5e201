// The live document -> the body on the stage, posed.
import { Pose, toBody } from "./skeleton.js";
import { centreOfMass, isBalanced } from "./floor.js";
import { cameraOf } from "./picture.js";

const GOOD = 0x7fd1a4,
  WARN = 0xf0b35f;

export class Figure {
  constructor(studio, stage) {
    this.studio = studio;
    this.stage = stage;
    studio.on("preview", () => this.follow());
    studio.on("preferences", () => this.weigh());
  }

  get skeleton() {
    return this.body?.skeleton;
  }

  // Another shape of the same person does not move the viewer.
  put(body, person) {
    const same = person === this.shown;
    Object.assign(this, { body, camera: null, shown: person });
    this.stage.stand(body);
    this.follow();
    if (!same) this.stage.look("front");
  }

  follow() {
    const { live, person } = this.studio;
    if (!this.body || !person) return;
    this.pose = Pose.from(this.skeleton, live.rotations, live.root);
    this.wear(this.pose);
    const camera = cameraOf(live, person);
    if (camera !== this.camera) this.stage.frameAt(camera);
    this.camera = camera;
    this.weigh();
    this.stage.invalidate();
  }

  wear(pose) {
    const { bones, mesh, pelvis } = this.body;
    pose.local.forEach((turn, row) => bones[row].quaternion.copy(turn));
    bones[0].position.copy(pose.root);
    mesh.position.copy(pelvis);
    mesh.updateMatrixWorld(true);
    this.stage.blob.position.setX(pelvis.x + pose.root.x).setZ(pelvis.z + pose.root.z);
  }

  // The centre of mass, green while it is over the feet.
  weigh() {
    const { balance } = this.stage;
    balance.visible = Boolean(this.pose) && this.studio.preferences.balance;
    this.stage.invalidate();
    if (!balance.visible) return;
    const centre = this.inScene(centreOfMass(this.pose));
    balance.position.set(centre.x, 0.002, centre.z);
    balance.line.scale.y = centre.y;
    for (const part of balance.children) part.material.color.set(isBalanced(this.pose) ? GOOD : WARN);
  }

  // A place of the pose (seen from where the pelvis was) -> in the scene, and back.
  inScene(place) {
    return place.clone().add(this.body.pelvis);
  }

  fromScene(place) {
    return place.clone().sub(this.body.pelvis);
  }

  // Where a bone begins, as three.js has it, in body axes.
  jointPosition(name) {
    const bone = this.body.bones[this.skeleton.row(name)];
    return toBody(bone.getWorldPosition(this.body.pelvis.clone()).sub(this.body.pelvis));
  }
}
