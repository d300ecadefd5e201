// The picture's layers -> thumbnails that are saved, edited elsewhere, and dropped back.
import { button, choose, download, make } from "./elements.js";
import { complain, say } from "./notices.js";
import { bodyOf } from "./picture.js";

const OF_DRAWING = /-([0-9a-f]{8,64})[^0-9a-f]*\.png$/;
const NAMES = {
  head: "Head",
  left_arm: "Left arm",
  right_arm: "Right arm",
  left_leg: "Left leg",
  right_leg: "Right leg",
};

export class LayersPanel {
  constructor(studio, server, result, panel) {
    Object.assign(this, { studio, server, result, layers: [] });
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
    const json = { person: person.id, also: document.also, body: bodyOf(document, person) };
    const key = JSON.stringify([json, document.layers]);
    if (key === this.asked) return;
    this.asked = key;
    this.showTiles();
    await this.result.idle();
    if (key !== this.asked) return;
    const { drawing, layers } = await this.server.json("/api/layers", { json });
    if (key !== this.asked) return;
    Object.assign(this, { drawing, layers });
    this.showTiles();
  }

  showTiles() {
    this.tiles.replaceChildren(...this.layers.map((layer) => this.makeTile(layer)));
  }

  makeTile({ part, picture }) {
    const edited = Boolean(this.studio.document.layers[part]);
    const save = make(
      "button",
      {
        type: "button",
        className: "thumb",
        title: "Save this layer",
        onclick: () => this.save(part, picture),
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

  // The name says of which drawing the layer is: it can be dropped back whatever the pose is by then.
  save(part, picture) {
    const bytes = Uint8Array.from(atob(picture.split(",")[1]), (letter) => letter.charCodeAt(0));
    download(new Blob([bytes], { type: "image/png" }), `${part}-${this.drawing}.png`);
  }

  async pick(part) {
    const [file] = await choose("image/png");
    if (file) await this.replace(part, file).catch(complain);
  }

  async replace(part, file) {
    const drawing = file.name.match(OF_DRAWING)?.[1] ?? this.drawing;
    const path = `/api/layers/${part}?drawing=${drawing}`;
    const { edit, doubts } = await this.server.json(path, { method: "POST", body: file });
    doubts.forEach((doubt) => say(doubt));
    this.set(part, edit);
  }

  set(part, edit) {
    const { [part]: _, ...others } = this.studio.document.layers;
    this.studio.change(edit ? `Edit layer: ${NAMES[part]}` : `Layer as drawn: ${NAMES[part]}`, {
      layers: edit ? { ...others, [part]: edit } : others,
    });
  }
}
