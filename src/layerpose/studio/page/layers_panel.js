// The picture's layers -> thumbnails that are saved, edited elsewhere, and dropped back.
import { button, choose, download, make } from "./elements.js";
import { complain } from "./notices.js";
import { bodyOf } from "./picture.js";

const NAMES = {
  head: "Head",
  left_arm: "Left arm",
  right_arm: "Right arm",
  left_leg: "Left leg",
  right_leg: "Right leg",
};

export class LayersPanel {
  constructor(studio, server, result, panel) {
    Object.assign(this, { studio, server, result });
    this.tiles = make("div", { className: "layers" });
    this.note = make(
      "p",
      { className: "note" },
      "Save a layer, edit it in any program, and drop it back on its picture.",
    );
    this.details = make("details", {}, make("summary", {}, "Layers"), this.note, this.tiles);
    this.details.addEventListener("toggle", () => this.refresh().catch(complain));
    panel.more.append(this.details);
    studio.on("change", () => this.refresh().catch(complain));
  }

  async refresh() {
    const { person, document } = this.studio;
    if (!this.details.open || !person) return;
    const json = { person: person.id, body: bodyOf(document, person), layers: document.layers };
    const key = JSON.stringify(json);
    if (key === this.asked) return;
    this.asked = key;
    await this.result.idle();
    if (key !== this.asked) return;
    const { layers } = await this.server.json("/api/layers", { json: { person: json.person, body: json.body } });
    if (key === this.asked) this.tiles.replaceChildren(...layers.map((layer) => this.makeTile(layer)));
  }

  makeTile({ part, picture }) {
    const edited = Boolean(this.studio.document.layers[part]);
    const save = make(
      "button",
      {
        type: "button",
        className: "thumb",
        title: "Save this layer",
        onclick: () => this.save(part, picture).catch(complain),
      },
      make("img", { src: picture, alt: `Layer: ${NAMES[part] ?? part}` }),
    );
    const back = edited
      ? button("As drawn", () => this.set(part, null), { className: "quiet small" })
      : button("Replace", () => this.pick(part), { className: "quiet small" });
    const tile = make(
      "div",
      { className: edited ? "tile edited" : "tile", data: { layer: part } },
      save,
      make("span", {}, NAMES[part] ?? part),
      back,
    );
    tile.addEventListener("dragover", (event) => event.preventDefault());
    tile.addEventListener("drop", (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.replace(part, file).catch(complain);
    });
    return tile;
  }

  async save(part, picture) {
    download(await (await this.server.fetch(picture)).blob(), `${part}.png`);
  }

  async pick(part) {
    const [file] = await choose("image/png");
    if (file) await this.replace(part, file).catch(complain);
  }

  async replace(part, file) {
    const { edit } = await this.server.json(`/api/layers/${part}`, { method: "POST", body: file });
    this.set(part, edit);
  }

  set(part, edit) {
    const { [part]: _, ...others } = this.studio.document.layers;
    this.studio.change(edit ? `Edit layer: ${NAMES[part]}` : `Layer as drawn: ${NAMES[part]}`, {
      layers: edit ? { ...others, [part]: edit } : others,
    });
  }
}
