// How the picture shall be -> controls under it: background, size, frame, saving.
import { canCopy } from "./clipboard.js";
import { button, choose, iconButton, make } from "./elements.js";
import { complain } from "./notices.js";

const SOURCES = { keep: "Photo's", transparent: "None", colour: "Colour", picture: "Picture" };

export class ResultOptions {
  constructor(studio, server, posing, panel) {
    Object.assign(this, { studio, server, posing, panel, colour: "#e8e4dc" });
    this.sources = Object.entries(SOURCES).map(([name, label]) =>
      button(label, () => this.choose(name).catch(complain), { className: "small", data: { background: name } }),
    );
    this.picker = make("input", {
      type: "color",
      value: this.colour,
      hidden: true,
      aria: { label: "Colour of the background" },
    });
    this.picker.addEventListener("change", () => this.set(this.picker.value));
    this.size = make("select", { aria: { label: "Size of the picture" } });
    this.size.addEventListener("change", () => studio.prefer({ size: Number(this.size.value) }));
    this.own = button("As in the photo", () => studio.change("Frame of the photo", { frame: null }), {
      className: "small",
    });
    this.fit = button("Round the body", () => posing.fitFrame(), { className: "small" });
    this.cut = make("p", { className: "doubt", hidden: true }, "The body reaches out of the picture.");
    const save = button("Save picture", () => panel.save(), { icon: "save", className: "main grow" });
    const copy = iconButton("copy", "Copy the picture", () => panel.copy().catch(complain), {
      key: "Ctrl+C",
      className: "solid",
      hidden: !canCopy(),
    });
    panel.more.append(
      make("div", { className: "row" }, save, copy, this.size),
      make(
        "div",
        { className: "field" },
        make("span", { id: "framed" }, "Frame"),
        make("div", { className: "row", role: "group", aria: { labelledby: "framed" } }, this.own, this.fit),
        this.cut,
      ),
      make(
        "div",
        { className: "field" },
        make("span", { id: "behind" }, "Background"),
        make("div", { className: "row", role: "group", aria: { labelledby: "behind" } }, ...this.sources, this.picker),
      ),
    );
    studio.on("change", () => this.show());
    studio.on("body", () => this.show());
  }

  fill({ sizes }) {
    this.size.replaceChildren(...sizes.map((size) => make("option", { value: size }, `${size} x ${size}`)));
    this.size.value = this.studio.preferences.size;
  }

  show() {
    const { background, frame } = this.studio.document;
    const now = typeof background === "object" ? "picture" : background.startsWith("#") ? "colour" : background;
    for (const made of this.sources) made.setAttribute("aria-pressed", String(made.dataset.background === now));
    this.picker.hidden = now !== "colour";
    this.panel.picture.classList.toggle("clear", now === "transparent");
    this.own.setAttribute("aria-pressed", String(!frame));
    this.fit.setAttribute("aria-pressed", String(Boolean(frame)));
    this.cut.hidden = !this.studio.person || !this.posing.figure.pose || !this.posing.isCutOff();
  }

  async choose(name) {
    if (name === "colour") return this.set(this.picker.value);
    if (name !== "picture") return this.set(name);
    const [file] = await choose("image/*");
    return file && this.usePicture(file);
  }

  async usePicture(file) {
    this.set(
      await this.server.json(`/api/pictures?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file }),
    );
  }

  set(background) {
    this.studio.change("Background", { background }, "background");
  }
}
