// A photo that the server refused -> who is meant in it, said by hand, and what was found wrong put right.
import { at, button, make } from "./elements.js";
import { complain, say, sentence } from "./notices.js";
import { inPhoto, svg } from "./photo_panel.js";
import { Refusal } from "./server.js";
import { openSheet } from "./sheet.js";

const LEAST_SHARE = 0.04; // of the photo's longer side; what is dragged less is a click
const ROOM = 0.06; // round the landmarks, as a share of their extent

export class Refused {
  constructor(server, people, mending) {
    Object.assign(this, { server, people, mending });
    at("sheet").addEventListener("close", () => this.forget().catch(complain));
  }

  // Nothing is left to say of what is no photo at all.
  async open(file, error) {
    const path = `/api/sights?name=${encodeURIComponent(file.name)}`;
    this.file = file;
    this.sight = await this.server.json(path, { method: "POST", body: file }).catch(() => {
      throw error;
    });
    if (this.sight.people.length === 1) this.mend(this.sight.people[0], error.message);
    else this.ask(error.message);
  }

  // Everybody who is seen is a button on the photo; whoever is not seen gets a box by hand.
  ask(line) {
    const { id, photo, people } = this.sight;
    const picture = make("img", { src: `/api/sights/${id}/photo`, alt: "The photo", draggable: false });
    this.drawing = svg("svg", { viewBox: `0 0 ${photo.width} ${photo.height}`, "aria-hidden": "true" });
    const board = make("div", { className: "found mending boxing" }, picture, this.drawing);
    board.append(...people.map((person) => this.makeButton(person)));
    board.addEventListener("pointerdown", (event) => this.draw(event, board));
    const whole = `0,0,${photo.width},${photo.height}`;
    const parts = [
      make("p", { className: "doubt" }, sentence(plain(line))),
      make("p", { className: "note" }, `${people.length ? "Choose a person, or drag" : "Drag"} a box round one.`),
      board,
      make(
        "div",
        { className: "row" },
        button("The whole photo shows one person", () => this.choose(whole)),
        button("Cancel", () => at("sheet").close(), { className: "quiet" }),
      ),
    ];
    openSheet("Who is it?", parts, { wide: true });
  }

  makeButton({ person, landmarks }) {
    const { width, height } = this.sight.photo;
    const [left, top, right, bottom] = boxAround(Object.values(landmarks));
    const made = button(person, () => this.choose(person), { className: "person", aria: { label: `Person ${person}` } });
    const place = { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height };
    for (const [name, share] of Object.entries(place)) made.style[name] = `${share * 100}%`;
    return made;
  }

  draw(start, board) {
    if (start.target.closest("button") || start.button !== 0) return;
    board.setPointerCapture(start.pointerId);
    const box = svg("rect", {});
    this.drawing.replaceChildren(box);
    const sides = (event) => {
      const [from, to] = [start, event].map((one) => inPhoto(this.drawing, this.sight.photo, one));
      return [0, 1].map((axis) => Math.min(from[axis], to[axis])).concat([0, 1].map((axis) => Math.max(from[axis], to[axis])));
    };
    const move = (event) => {
      const [x, y, right, bottom] = sides(event);
      for (const [name, value] of Object.entries({ x, y, width: right - x, height: bottom - y }))
        box.setAttribute(name, value);
    };
    const end = (event) => {
      board.removeEventListener("pointermove", move);
      const found = sides(event),
        least = LEAST_SHARE * Math.max(this.sight.photo.width, this.sight.photo.height);
      if (event.type === "pointerup" && found[2] - found[0] > least && found[3] - found[1] > least)
        this.choose(found.map(Math.round).join(","));
      else box.remove();
    };
    board.addEventListener("pointermove", move);
    board.addEventListener("pointerup", end, { once: true });
    board.addEventListener("pointercancel", end, { once: true });
  }

  // Whoever is meant is fitted; if that does not hold either, by hand.
  async choose(person) {
    const notice = say("Looking for the person ...", { stays: true });
    try {
      const found = await this.people.send(this.file, this.file.name, person);
      this.people.enter(found);
      at("sheet").close();
    } catch (error) {
      if (!(error instanceof Refusal)) return complain(error);
      const path = `/api/sights/${this.sight.id}/person?person=${encodeURIComponent(person)}`;
      await this.server.json(path).then((found) => this.mend(found, error.message), complain);
    } finally {
      notice.remove();
    }
    return undefined;
  }

  mend(person, line) {
    const { id, photo } = this.sight,
      query = `person=${encodeURIComponent(person.person)}`;
    this.mending.open(
      { photo, ...person },
      {
        photoAt: `/api/sights/${id}/photo`,
        maskAt: `/api/sights/${id}/mask.png?${query}`,
        line: plain(line),
        others: () => this.ask(line),
        send: async (json) => this.people.enter(await this.people.sendMended(this.file, person.person, json)),
      },
    );
  }

  // The server keeps no photo of which nobody was made.
  async forget() {
    const { sight } = this;
    this.sight = null;
    if (sight) await this.server.fetch(`/api/sights/${sight.id}`, { method: "DELETE" });
  }
}

// The page has no command line.
const plain = (line) => line.replace(/ \(--person[^)]*\)/, "").replace(/, or crop the photo$/, "");

function boxAround(places) {
  const low = [0, 1].map((axis) => Math.min(...places.map((place) => place[axis])));
  const high = [0, 1].map((axis) => Math.max(...places.map((place) => place[axis])));
  const room = ROOM * Math.max(high[0] - low[0], high[1] - low[1]);
  return [...low.map((value) => value - room), ...high.map((value) => value + room)];
}
