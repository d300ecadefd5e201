// The page's insides -> `window.studio`, by which tests and the console look at it.
import { Pose, toBody } from "./skeleton.js";
import { History } from "./history.js";
import { cameraOf, project } from "./picture.js";

export function expose(parts) {
  const { studio, stage, figure, result, people } = parts;
  window.studio = {
    ...parts,
    state: () => structuredClone(studio.live),
    jointPosition: (name) => figure.jointPosition(name),
    screenPoint: (name) => {
      const { x, y } = stage.toScreen(figure.inScene(figure.pose.place(name)));
      const box = stage.container.getBoundingClientRect();
      return { x: x + box.left, y: y + box.top };
    },
    // Every bone's place as three.js has it, for a pose that is only tried.
    joints: (rotations) => {
      figure.wear(Pose.from(figure.skeleton, rotations));
      const { bones, pelvis } = figure.body;
      const places = bones.map((bone) => toBody(pelvis.clone().setFromMatrixPosition(bone.matrixWorld).sub(pelvis)));
      figure.wear(figure.pose);
      return places;
    },
    // Where the picture shows the beginning of a bone, in shares of its side.
    inPicture: (name) => project(toBody(figure.pose.place(name)), cameraOf(studio.live, studio.person)),
    // As it was when the first photo had been opened.
    restart: () => {
      studio.prefer({ limits: true, symmetry: false, balance: false, handles: true });
      studio.tell("bone", null);
      studio.restore(new History(studio.history.steps.slice(0, 2)));
    },
    idle: async () => {
      await people.coming;
      await result.idle();
    },
    frameRate: () => stage.frameRate(),
  };
}
