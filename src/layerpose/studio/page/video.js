// The key poses -> a video that the server makes: what is asked for, how far it is, and the film at the end.
import { button, download, make } from "./elements.js";
import { waitFor } from "./job.js";
import { complain } from "./notices.js";
import { bodyOf } from "./picture.js";
import { openSheet } from "./sheet.js";

const FORMATS = { mp4: "MP4", webm: "WebM", gif: "GIF", png: "Pictures (PNG, zip)" };
const SUFFIXES = { mp4: "mp4", webm: "webm", gif: "gif", png: "zip" };

export class Video {
  constructor(studio, server) {
    Object.assign(this, { studio, server });
    studio.on("video", () => this.open());
  }

  open() {
    const field = (label, choices, chosen) => {
      const select = make(
        "select",
        {},
        ...Object.entries(choices).map(([value, text]) => make("option", { value }, text)),
      );
      select.value = chosen;
      return [select, make("label", { className: "field" }, make("span", {}, label), select)];
    };
    const sizes = Object.fromEntries(this.studio.about.sizes.map((size) => [size, `${size} x ${size}`]));
    const [format, a] = field("Format", FORMATS, "mp4");
    const [size, b] = field("Size", sizes, "512");
    const [fps, c] = field("Frames a second", { 12: "12", 24: "24", 25: "25", 30: "30" }, "24");
    this.stage = make("div", { className: "field" });
    this.start = button(
      "Start",
      () => this.run({ format: format.value, size: Number(size.value), fps: Number(fps.value) }).catch(complain),
      { className: "main", icon: "film" },
    );
    const { keys } = this.studio.document;
    const seconds = keys.at(-1).time - keys[0].time;
    const note = make("p", { className: "note" });
    const tell = () => {
      note.textContent = `${seconds.toFixed(1)} s, ${Math.round(seconds * fps.value) + 1} pictures`;
    };
    fps.addEventListener("change", tell);
    tell();
    openSheet("Make a video", [
      make("div", { className: "three" }, a, b, c),
      note,
      this.stage,
      make("div", { className: "row" }, this.start),
    ]);
  }

  async run(how) {
    this.start.disabled = true;
    const { person, document } = this.studio;
    const keys = document.keys.map((key) => ({
      time: key.time,
      ease: key.ease,
      body: bodyOf({ ...document, ...key }, person),
    }));
    const json = { person: person.id, also: document.also, keys, background: document.background, ...how };
    try {
      const { job } = await this.server.json("/api/animations", { json });
      if (await waitFor(this.server, job, this.stage, "pictures")) await this.finish(job, how.format);
    } finally {
      this.start.disabled = false;
    }
  }

  async finish(job, format) {
    const film = await this.server.blob(`/api/jobs/${job}/result`);
    const name = `animation.${SUFFIXES[format]}`;
    const url = URL.createObjectURL(film);
    const shown =
      format === "gif"
        ? make("img", { src: url, alt: "The animation" })
        : format === "png"
          ? make("p", {}, "The pictures are ready.")
          : make("video", { src: url, controls: true, loop: true, autoplay: true, muted: true, playsInline: true });
    shown.classList.add("film");
    this.stage.replaceChildren(
      shown,
      button("Save", () => download(film, name), { icon: "save", className: "main" }),
    );
  }
}
