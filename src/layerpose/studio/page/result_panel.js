// The drawn picture -> the panel at the right: picture, comparison with the photo, background, size, download.
import { copy } from "./clipboard.js";
import { at, download, make } from "./elements.js";
import { say } from "./notices.js";

const SECONDS = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export class ResultPanel {
  constructor(studio, result) {
    Object.assign(this, { studio, result });
    this.image = make("img", { className: "after", alt: "The person in the pose", draggable: false });
    this.before = make("img", { className: "before", alt: "The photo", draggable: false });
    this.split = make("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 0.1,
      value: 0,
      aria: { label: "Compare with the photo" },
    });
    this.split.addEventListener("input", () => this.compare());
    this.wipe = make("div", { className: "wipe", aria: { hidden: "true" } });
    this.note = make("p", { className: "note", role: "status" });
    this.picture = make("div", { className: "picture empty" }, this.image, this.before, this.wipe, this.split);
    this.more = make("div", { className: "more" });
    this.small = make("img", { alt: "" });
    at("peek").append(this.small);
    at("peek").addEventListener("click", () => studio.tell("show", "result"));
    at("result").append(this.picture, this.note, this.more);
    studio.on("body", () => this.person(studio.person));
    result.addEventListener("drawing", (event) => this.wait(event.detail));
    result.addEventListener("shown", () => this.show());
    result.addEventListener("refused", (event) => this.refuse(event.detail));
    this.compare();
  }

  async show() {
    const { blob, size, seconds } = this.result.shown;
    const url = URL.createObjectURL(blob);
    const next = Object.assign(new Image(), { src: url });
    await next.decode();
    if (this.result.shown?.blob !== blob) return URL.revokeObjectURL(url);
    const old = this.image.src;
    this.image.src = this.small.src = url;
    at("peek").hidden = false;
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    this.picture.classList.remove("empty");
    this.picture.classList.toggle("quick", size !== this.studio.preferences.size);
    this.picture.classList.remove("waiting");
    this.note.textContent = `${size} x ${size}, drawn in ${SECONDS.format(seconds)} s`;
    return undefined;
  }

  wait(size) {
    this.picture.classList.add("waiting");
    if (!this.image.src) this.note.textContent = `Drawing at ${size} x ${size} ...`;
  }

  refuse(line) {
    this.picture.classList.remove("waiting");
    say(line, { bad: true });
  }

  person(person) {
    this.before.src = person ? `/api/people/${person.id}/canvas.jpg` : "";
  }

  compare() {
    const share = this.split.valueAsNumber;
    this.before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    this.wipe.style.left = `${share}%`;
    this.picture.classList.toggle("comparing", share > 0);
    this.split.setAttribute("aria-valuetext", `${Math.round(share)} % photo`);
  }

  save() {
    const { blob } = this.result.shown ?? {};
    if (blob) download(blob, `picture.${blob.type.split("/")[1]}`);
  }

  async copy() {
    const { blob } = this.result.shown ?? {};
    if (!blob) return;
    await copy(blob);
    say("The picture is in the clipboard.");
  }
}
