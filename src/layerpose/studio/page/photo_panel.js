// The person's photo -> the panel that shows it, what was found in it, and how well.
import { at, button, choose, make } from "./elements.js";
import { complain, say } from "./notices.js";

const SVG = "http://www.w3.org/2000/svg";
export const LINES = [
  ["left_shoulder", "right_shoulder"],
  ["left_hip", "right_hip"],
  ...["left", "right"].flatMap((side) => [
    [`${side}_shoulder`, `${side}_elbow`],
    [`${side}_elbow`, `${side}_wrist`],
    [`${side}_shoulder`, `${side}_hip`],
    [`${side}_hip`, `${side}_knee`],
    [`${side}_knee`, `${side}_ankle`],
    [`${side}_ankle`, `${side}_heel`],
    [`${side}_heel`, `${side}_big_toe`],
  ]),
];
const GOOD_OVERLAP = 0.8,
  GOOD_REPROJECTION = 0.03,
  GOOD_SCORE = 0.6;

export class PhotoPanel {
  constructor(studio, people, mending, refused) {
    Object.assign(this, { studio, people, mending, refused });
    this.sheet = at("photo");
    studio.on("change", () => this.show());
  }

  async open() {
    const [file] = await choose("image/*");
    if (file) await this.take(file).catch(complain);
  }

  async take(file) {
    const notice = say(`Looking for the person in ${file.name} ...`, { stays: true });
    try {
      const person = await this.people.begin(file, file.name);
      for (const doubt of person.doubts) say(doubt);
    } catch (error) {
      if (error.status !== 400) throw error;
      await this.refused.open(file, error);
    } finally {
      notice.remove();
    }
  }

  mend(person) {
    const address = `/api/people/${person.id}`;
    this.mending.open(person, {
      photoAt: `${address}/photo`,
      maskAt: `${address}/mask.png`,
      send: (json) => this.people.mend(person, json),
    });
  }

  // Another photo of the same person: each point of the body is taken from the one that shows it best.
  async add(file) {
    const person = await this.people.send(file, file.name);
    const { also } = this.studio.document;
    if (person.id !== this.studio.document.person && !also.includes(person.id))
      this.studio.change("Add a photo", { also: [...also, person.id] });
  }

  show() {
    const { person, document } = this.studio;
    const key = JSON.stringify([person?.id, document.also]);
    if (!person || key === this.shown) return;
    this.shown = key;
    this.sheet.replaceChildren(
      makePhoto(person),
      make(
        "div",
        { className: "row" },
        button("Open a photo", () => this.open(), { icon: "photo", className: "grow" }),
        button("Mend", () => this.mend(person), { icon: "brush", title: "Put right what was found wrong" }),
      ),
      this.makeQuality(person),
      this.makeOthers(document.also),
    );
  }

  makeQuality({ quality, doubts }) {
    const rows = [
      ["Person found", percent(quality.score), quality.score >= GOOD_SCORE],
      ["Outline overlap", percent(quality.overlap), quality.overlap >= GOOD_OVERLAP],
      [
        "Landmarks missed by",
        `${(quality.reprojection * 100).toFixed(1)} % of the stature`,
        quality.reprojection <= GOOD_REPROJECTION,
      ],
    ];
    const list = make(
      "dl",
      { className: "facts" },
      ...rows.flatMap(([name, value, good]) => [
        make("dt", {}, name),
        make("dd", { className: good ? "good" : "doubtful" }, value),
      ]),
    );
    return make(
      "div",
      { className: "field" },
      list,
      ...doubts.map((doubt) => make("p", { className: "doubt" }, doubt)),
    );
  }

  makeOthers(also) {
    const pictures = also.map((id) =>
      make(
        "button",
        {
          type: "button",
          className: "thumb",
          title: "Remove this photo",
          aria: { label: "Remove this photo" },
          onclick: () =>
            this.studio.change("Remove a photo", { also: this.studio.document.also.filter((other) => other !== id) }),
        },
        make("img", { src: `/api/people/${id}/canvas.jpg`, alt: "" }),
      ),
    );
    const more = button(
      "Another photo of this person",
      async () => {
        for (const file of await choose("image/*", true)) await this.add(file).catch(complain);
      },
      { icon: "plus", className: "quiet" },
    );
    return make("div", { className: "field" }, make("div", { className: "row" }, ...pictures), more);
  }
}

// The photo with the landmarks on it; left and right in the handles' colours.
export function makePhoto(person) {
  const { width, height } = person.photo;
  const drawing = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": "What was found in the photo",
  });
  const places = person.landmarks;
  for (const [from, to] of LINES) {
    if (!places[from] || !places[to]) continue;
    drawing.append(
      svg("line", {
        x1: places[from][0],
        y1: places[from][1],
        x2: places[to][0],
        y2: places[to][1],
        class: sideOf(from, to),
      }),
    );
  }
  for (const [name, [x, y, visibility]] of Object.entries(places)) {
    drawing.append(
      svg("circle", {
        cx: x,
        cy: y,
        r: Math.max(width, height) / 130,
        class: `${sideOf(name, name)} ${visibility < 0.5 ? "unseen" : ""}`,
      }),
    );
  }
  const photo = make("img", { src: `/api/people/${person.id}/photo`, alt: "The photo" });
  return make("div", { className: "found" }, photo, drawing);
}

// A pointer on a drawing that covers a photo of this size -> pixels of the photo.
export function inPhoto(drawing, { width, height }, { clientX, clientY }) {
  const box = drawing.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
}

export function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export const sideOf = (from, to) =>
  ["left", "right"]
    .find((side) => from.startsWith(side) && to.startsWith(side))
    ?.at(0)
    .toUpperCase() ?? "M";
const percent = (share) => `${Math.round(share * 100)} %`;
