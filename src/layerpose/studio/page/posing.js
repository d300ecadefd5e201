// A pose from elsewhere (library, file, another photo) -> the document's: on the floor, and inside the picture.
import { Vector3 } from "./vendor/three.module.min.js";
import { lowest, skinPoints } from "./floor.js";
import { cameraOf, frameAround, project } from "./picture.js";
import { Pose, toBody } from "./skeleton.js";

const EVERY = 23; // vertices of the skin that are looked at for the frame
const EDGE = 0.01;

export class Posing {
  constructor(studio, figure) {
    Object.assign(this, { studio, figure });
  }

  // What changes in the document when the body takes a pose.
  changesFor(rotations, path = null) {
    const { body } = this.figure;
    const pose = Pose.from(this.figure.skeleton, rotations);
    const drop = -body.pelvis.y - lowest(body, pose);
    pose.moveRoot(new Vector3(0, drop, 0));
    const root = path ? [path[0], path[1], Math.max(path[2], 0) + drop] : pose.rootVector();
    return { rotations, root, frame: this.frameFor(pose) };
  }

  take(label, { rotations }) {
    this.studio.change(label, this.changesFor(rotations));
  }

  // The camera of the photo, or one that shows the whole body where that one would cut it off.
  frameFor(pose) {
    const { person, document } = this.studio;
    const own = person.body.camera;
    const points = this.points(pose);
    const inside = (camera) =>
      points.every((point) => project(point, camera).every((value) => value > EDGE && value < 1 - EDGE));
    if (document.frame && inside(document.frame)) return document.frame;
    return inside(own) ? null : frameAround(points, own);
  }

  isCutOff() {
    const camera = cameraOf(this.studio.live, this.studio.person);
    return !this.points(this.figure.pose).every((point) =>
      project(point, camera).every((value) => value > 0 && value < 1),
    );
  }

  fitFrame() {
    const points = this.points(this.figure.pose);
    this.studio.change("Fit the frame", { frame: frameAround(points, this.studio.person.body.camera) });
  }

  points(pose) {
    return skinPoints(this.figure.body, pose, EVERY).map((point) => toBody(point));
  }
}
