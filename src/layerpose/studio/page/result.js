// The live document -> its picture, drawn by the server: small while something moves, then as large as is wanted.
import { drawRequest } from "./picture.js";
import { isUnknown } from "./people.js";
import { Refusal } from "./server.js";

const QUICK = 256;
const KEPT = 60; // pictures that undo and redo show without drawing them again

export class Result extends EventTarget {
  constructor(studio, server, people) {
    super();
    Object.assign(this, {
      studio,
      server,
      people,
      tab: crypto.randomUUID(),
      serial: 0,
      kept: new Map(),
      shown: null,
      moving: false,
    });
    studio.on("preview", () => this.want());
    studio.on("preferences", () => this.want());
    studio.on("playing", (playing) => {
      this.playing = playing;
      if (!playing) this.want();
    });
    studio.on("moving", (moving) => {
      this.moving = moving;
    }); // only small pictures until it is let go
  }

  want() {
    if (this.playing) return;
    this.wanted = this.studio.person ? this.studio.live : null;
    if (!this.running)
      this.running = this.run().finally(() => {
        this.running = null;
      });
  }

  // The sizes in which the newest document is still to be shown, one after the other.
  next() {
    const { person, preferences } = this.studio;
    if (!this.wanted || !person) return null;
    const sizes = this.moving ? [QUICK] : [QUICK, preferences.size];
    const requests = sizes.map((size) => drawRequest(this.wanted, person, size));
    const keys = requests.map((request) => JSON.stringify(request));
    const done = keys.indexOf(this.shown?.key);
    const cached = keys.findLastIndex((key) => this.kept.has(key));
    const step = Math.max(done + 1, cached);
    return step < keys.length && keys[step] !== this.shown?.key ? { key: keys[step], request: requests[step] } : null;
  }

  async run() {
    await null; // what is told in the same moment is drawn once
    for (let todo = this.next(); todo; todo = this.next()) {
      try {
        this.show(todo.key, await this.draw(todo));
      } catch (error) {
        if (error instanceof Refusal && error.status === 409) continue;
        if (isUnknown(error) && this.forgotten !== todo.key) {
          this.forgotten = todo.key;
          await this.people.knowAll(this.wanted).catch(() => null);
          continue;
        }
        this.shown = { key: todo.key, blob: null };
        this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
        if (todo.request.size === QUICK) return;
      }
    }
  }

  async draw({ key, request }) {
    const kept = this.kept.get(key);
    if (kept) return kept;
    this.dispatchEvent(new CustomEvent("drawing", { detail: request.size }));
    const start = performance.now();
    const answer = await this.server.fetch("/api/draw", { json: { ...request, tab: this.tab, serial: ++this.serial } });
    const blob = await answer.blob();
    return { blob, size: request.size, seconds: (performance.now() - start) / 1000 };
  }

  // The small picture of any document, from before or drawn now.
  async small(document) {
    const request = drawRequest(document, this.studio.people.get(document.person), QUICK);
    const key = JSON.stringify(request);
    await this.idle();
    const picture = await this.draw({ key, request });
    this.kept.set(key, picture);
    return picture;
  }

  show(key, picture) {
    this.kept.delete(key);
    this.kept.set(key, picture);
    for (const oldest of [...this.kept.keys()].slice(0, Math.max(0, this.kept.size - KEPT))) this.kept.delete(oldest);
    this.shown = { key, ...picture };
    this.dispatchEvent(new Event("shown"));
  }

  // Resolves when nothing is drawn any more.
  async idle() {
    await new Promise((done) => setTimeout(done));
    while (this.running) await this.running;
  }
}
