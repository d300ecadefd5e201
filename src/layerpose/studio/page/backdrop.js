// A picture to trace -> a faint plane behind the body, as large as the picture's frame.
import { Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace, Texture } from "./vendor/three.module.min.js";
import { button, choose, make, slider } from "./elements.js";
import { complain } from "./notices.js";

const BEHIND_M = 0.35;
const FAINT = 0.45;

export class Backdrop {
  constructor(stage, place) {
    Object.assign(this, { stage, place });
    this.plane = new Mesh(
      new PlaneGeometry(1, 1),
      new MeshBasicMaterial({ transparent: true, opacity: FAINT, depthWrite: false, fog: false }),
    );
    this.plane.visible = false;
    this.plane.renderOrder = -1;
    stage.scene.add(this.plane);
    this.opacity = slider("Strength", {
      min: 0,
      max: 1,
      step: 0.05,
      value: FAINT,
      format: (value) => `${Math.round(value * 100)} %`,
      input: (value) => this.fade(value),
    });
    this.opacity.hidden = true;
    this.choose = button("Picture to trace", () => this.pick(), { icon: "trace" });
    this.remove = button("Remove", () => this.clear(), { className: "quiet", hidden: true });
    place.append(make("div", { className: "row" }, this.choose, this.remove), this.opacity);
  }

  async pick() {
    for (const file of await choose("image/*")) await this.show(file).catch(complain);
  }

  async show(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "flipY" }).catch(() => {
      throw new Error(`${file.name} is no picture that this browser can read`);
    });
    const texture = new Texture(picture);
    texture.colorSpace = SRGBColorSpace;
    texture.needsUpdate = true;
    this.clear();
    this.plane.material.map = texture;
    this.plane.material.needsUpdate = true;
    this.plane.visible = this.shown = true;
    this.opacity.hidden = this.remove.hidden = false;
    this.fit(picture.width / picture.height);
  }

  // The picture's height is the frame's.
  fit(aspect) {
    const { left, top, side } = this.stage.frame;
    this.plane.scale.set(side * Math.min(1, aspect), side / Math.max(1, aspect), 1);
    this.plane.position.set(left + side / 2, top - side / 2, -BEHIND_M);
    this.stage.invalidate();
  }

  fade(opacity) {
    this.plane.material.opacity = opacity;
    this.stage.invalidate();
  }

  clear() {
    this.plane.material.map?.dispose();
    this.plane.material.map = null;
    this.plane.visible = false;
    this.opacity.hidden = this.remove.hidden = true;
    this.stage.invalidate();
  }
}
