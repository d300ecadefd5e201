// What can be done to the whole pose -> the toolbars over the viewport.
import { at, iconButton, make } from "./elements.js";
import { stand } from "./floor.js";
import { copySide, mirrorPose } from "./skeleton.js";

export class Tools {
  constructor(studio, stage, figure) {
    Object.assign(this, { studio, stage, figure });
    this.actions = this.list();
    at("views").append(...["front", "side", "top"].map((name) => this.button(name)));
    const groups = [
      ["mirror", "copy-side", "ground", "reset"],
      ["symmetry", "limits", "balance", "handles"],
    ];
    groups.forEach((names, index) => {
      if (index) at("tools").append(make("span", { className: "rule" }));
      at("tools").append(...names.map((name) => this.button(name)));
    });
    studio.on("preferences", () => this.showSwitches());
    this.showSwitches();
  }

  list() {
    const look = (name) => () => this.stage.look(name);
    return {
      front: { icon: "frame", label: "View of the picture", key: "1", run: look("front") },
      side: { icon: "side", label: "View from the side", key: "2", run: look("left") },
      top: { icon: "top", label: "View from above", key: "3", run: look("top") },
      mirror: { icon: "mirror", label: "Mirror the pose", key: "M", run: () => this.mirror() },
      "copy-side": { icon: "copy-side", label: "Copy left to right", key: "C", run: () => this.copy() },
      reset: { icon: "reset", label: "Back to the photo's pose", run: () => this.reset() },
      ground: { icon: "ground", label: "Put the feet on the ground", key: "G", run: () => this.ground() },
      symmetry: { icon: "symmetry", label: "Symmetry: the other side follows", key: "S", preference: "symmetry" },
      limits: { icon: "limits", label: "Joints only as far as they go", key: "L", preference: "limits" },
      balance: { icon: "balance", label: "Centre of mass", key: "B", preference: "balance" },
      handles: { icon: "dots", label: "Handles", key: "H", preference: "handles" },
    };
  }

  button(name) {
    const { icon, label, key, preference } = this.actions[name];
    const made = iconButton(icon, label, () => this.run(name), { key, data: { action: name } });
    if (preference) made.setAttribute("aria-pressed", "false");
    return made;
  }

  run(name) {
    const { run, preference } = this.actions[name];
    if (preference) this.studio.prefer({ [preference]: !this.studio.preferences[preference] });
    else if (this.studio.person) run();
  }

  showSwitches() {
    for (const [name, { preference }] of Object.entries(this.actions)) {
      if (!preference) continue;
      const pressed = String(Boolean(this.studio.preferences[preference]));
      document
        .querySelectorAll(`[data-action="${name}"]`)
        .forEach((made) => made.setAttribute("aria-pressed", pressed));
    }
  }

  mirror() {
    const { rotations, root } = this.studio.document;
    this.studio.change("Mirror pose", mirrorPose(rotations, root));
  }

  copy() {
    this.studio.change("Copy left to right", { rotations: copySide(this.studio.document.rotations, "L") });
  }

  ground() {
    const pose = stand(this.figure.body, this.figure.pose.clone());
    this.studio.change("Feet on the ground", {
      rotations: pose.rotations(this.studio.document.rotations),
      root: pose.rootVector(),
    });
  }

  reset() {
    this.studio.change("Back to the photo's pose", {
      rotations: this.studio.person.body.rotations,
      root: [0, 0, 0],
      frame: null,
    });
  }
}
