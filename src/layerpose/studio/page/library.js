// Poses by name, from files and from other photos -> the panel that offers them, and the files that a pose can become.
import { canCopy, copy, pasted } from "./clipboard.js";
import { at, button, choose, download, iconButton, make } from "./elements.js";
import { complain, say } from "./notices.js";
import { bodyOf } from "./picture.js";
import { Watching } from "./watching.js";

const FILES = ".json,.bvh,.fbx,.glb,.npz,.npy,.pkl,.pt,.csv,.c3d,.trc,.zip,image/*,video/*";
const FORMATS = {
  json: ["Pose (JSON)", "pose.json"],
  openpose: ["OpenPose JSON", "pose_keypoints.json"],
  "openpose.png": ["OpenPose picture", "pose.png"],
  bvh: ["BVH", "pose.bvh"],
  glb: ["GLB, textured", "person.glb"],
};

export class Library {
  constructor(studio, server, posing) {
    Object.assign(this, { studio, server, posing, watching: new Watching(studio, server) });
    this.search = make("input", { type: "text", placeholder: "Search poses", aria: { label: "Search poses" } });
    this.search.addEventListener("input", () => this.filter());
    this.grid = make("div", { className: "groups" });
    const from = make(
      "div",
      { className: "row" },
      button("From a file, photo or video", () => this.pick(), { icon: "open", className: "grow" }),
      iconButton("paste", "Paste a pose or a picture", () => this.paste().catch(complain), { hidden: !canCopy() }),
    );
    this.trace = make("div", { className: "field" });
    at("poses").append(from, this.search, this.grid, this.trace, this.makeSaving());
  }

  async fill() {
    const poses = await this.server.json("/api/poses");
    const groups = [...new Set(poses.map(({ group }) => group))];
    this.grid.replaceChildren(
      ...groups.map((group) =>
        this.makeGroup(
          group,
          poses.filter((pose) => pose.group === group),
        ),
      ),
    );
  }

  makeGroup(group, poses) {
    const tiles = poses.map(({ name, title }) => {
      const picture = make("img", {
        src: `/api/poses/${encodeURIComponent(name)}.png`,
        alt: "",
        loading: "lazy",
        width: 160,
        height: 160,
      });
      return make(
        "button",
        {
          type: "button",
          className: "tile",
          data: { pose: name },
          onclick: () => this.take(name, title).catch(complain),
        },
        picture,
        make("span", {}, title),
      );
    });
    return make(
      "section",
      {},
      make("h2", { className: "heading" }, group),
      make("div", { className: "tiles" }, ...tiles),
    );
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const section of this.grid.children) {
      const tiles = [...section.querySelectorAll(".tile")];
      tiles.forEach((tile) => {
        tile.hidden = !`${tile.textContent} ${section.firstChild.textContent}`.toLowerCase().includes(wanted);
      });
      section.hidden = tiles.every((tile) => tile.hidden);
    }
  }

  async take(name, title) {
    this.posing.take(`Pose: ${title}`, await this.server.json(`/api/poses/${encodeURIComponent(name)}`));
  }

  async pick() {
    for (const file of await choose(FILES)) await this.read(file).catch(complain);
  }

  // Any file that holds a pose or a motion; a photo too.
  async read(file) {
    const notice = say(`Reading ${file.name} ...`, { stays: true });
    const path = `/api/files?name=${encodeURIComponent(file.name)}`;
    const found = await this.server.json(path, { method: "POST", body: file }).finally(() => notice.remove());
    for (const doubt of found.doubts ?? []) say(doubt);
    if (found.kind === "pose") this.posing.take(`Pose from ${file.name}`, found.pose);
    else if (found.kind === "video") this.watching.open(found, file);
    else this.studio.tell("motion", { ...found, name: file.name });
  }

  async paste() {
    const { file, text } = await pasted();
    if (file) this.studio.tell("file", file);
    else await this.readText(text);
  }

  async readText(text) {
    if (!text.trim().startsWith("{")) throw new Error("the clipboard holds no pose; expected the text of a pose file");
    await this.read(new File([text], "clipboard.json", { type: "application/json" }));
  }

  makeSaving() {
    const options = Object.entries(FORMATS).map(([value, [text]]) => make("option", { value }, text));
    this.format = make("select", { className: "grow", aria: { label: "Format" } }, ...options);
    const row = make(
      "div",
      { className: "row" },
      this.format,
      button("Save pose", () => this.save().catch(complain), { icon: "save" }),
      iconButton("copy", "Copy the pose", () => this.copy().catch(complain), { hidden: !canCopy() }),
    );
    return make("div", { className: "field last" }, make("span", {}, "This pose as a file"), row);
  }

  async save() {
    download(await this.write(this.format.value), FORMATS[this.format.value][1]);
  }

  async copy() {
    await copy(await this.write("json"));
    say("The pose is in the clipboard, as text.");
  }

  write(format) {
    const { person, document } = this.studio;
    const json = { person: person.id, body: bodyOf(document, person) };
    return this.server.blob(`/api/write?format=${format}`, { json });
  }
}
