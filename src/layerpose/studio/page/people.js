// A photo -> the person that the server found in it, its body on the stage; sent again to a server that forgot it.
import { readBody } from "./glb.js";
import { complain } from "./notices.js";
import { Refusal, pause } from "./server.js";

const SETTLED_MS = 350;
const BODIES_AT_ONCE = 8;

export class People {
  constructor(studio, server, store, figure) {
    Object.assign(this, { studio, server, store, figure, bodies: new Map() });
    studio.on("change", () => this.follow().catch(complain));
  }

  // Uploads a photo; the same bytes are the same person. `meant` says who of several: a number, or a box.
  async send(photo, name, meant = "") {
    const query = new URLSearchParams({ name, ...(meant && { person: meant }) });
    const person = await this.server.json(`/api/people?${query}`, { method: "POST", body: photo });
    await this.remember(person, { name, photo, meant });
    return person;
  }

  // The same for a photo of which nothing holds before it is put right by hand.
  async sendMended(photo, meant, json, name = photo.name) {
    const query = new URLSearchParams({ name });
    const sight = await this.server.json(`/api/sights?${query}`, { method: "POST", body: photo });
    const path = `/api/sights/${sight.id}/mend?${new URLSearchParams({ person: meant })}`;
    const person = await this.server.json(path, { json });
    await this.remember(person, { name, photo, meant, json });
    return person;
  }

  // The same person with this put right by hand.
  async mend(before, json) {
    const person = await this.server.json(`/api/people/${before.id}/mend`, { json });
    await this.remember(person, { of: before.id, json });
    this.mended(person);
  }

  // `source`: from what the server can make the person again, its photo or a mend of another person.
  async remember(person, source) {
    this.studio.people.set(person.id, person);
    await this.store.put("photos", person.id, { id: person.id, ...source });
  }

  // What the server knows of a person; one that it forgot is sent again.
  async know(id) {
    if (this.studio.people.has(id)) return this.studio.people.get(id);
    try {
      const person = await this.server.json(`/api/people/${id}`);
      this.studio.people.set(id, person);
      return person;
    } catch (error) {
      if (!isUnknown(error)) throw error;
      return this.again(id);
    }
  }

  async again(id) {
    const kept = await this.store.get("photos", id);
    if (kept?.photo && kept.json) return this.sendMended(kept.photo, kept.meant, kept.json, kept.name);
    if (kept?.photo) return this.send(kept.photo, kept.name, kept.meant);
    if (!kept) throw new Error("the server does not know this person any more; open the photo again");
    this.studio.people.delete(kept.of);
    await this.know(kept.of);
    const person = await this.server.json(`/api/people/${kept.of}/mend`, { json: kept.json });
    this.studio.people.set(person.id, person);
    return person;
  }

  // Everybody in a document is known to the server again.
  async knowAll({ person, also }) {
    for (const id of [person, ...also]) {
      this.studio.people.delete(id);
      await this.know(id);
    }
  }

  // The person of the document, in its shape, comes onto the stage.
  async follow() {
    const { document, person } = this.studio;
    if (!person && document.person) return this.fetchUnknown(document.person);
    const key = person && JSON.stringify([person.id, document.phenotype]);
    if (!person || this.standing === key) return undefined;
    this.standing = key;
    this.coming = this.bring(key, person, document.phenotype).catch((error) => {
      this.standing = null;
      throw error;
    });
    return this.coming;
  }

  // While a shape is still being chosen no body of it is asked for.
  async bring(key, person, phenotype) {
    if (phenotype && this.figure.body && !this.bodies.has(key)) await pause(SETTLED_MS);
    if (this.standing !== key) return;
    const body = await this.load(key, person, phenotype);
    if (this.standing !== key) return;
    this.figure.put(body, person.id);
    this.studio.tell("body");
  }

  // A step of another person, of an earlier visit.
  async fetchUnknown(id) {
    await this.know(id);
    this.studio.settle();
  }

  async load(key, person, phenotype) {
    if (!this.bodies.has(key)) {
      const { body } = person;
      const json = { person: person.id, body: { ...body, phenotype: phenotype ?? body.phenotype } };
      const answer = await (phenotype
        ? this.server.fetch("/api/write?format=glb", { json })
        : this.server.fetch(`/api/people/${person.id}/body.glb`));
      this.bodies.set(key, await readBody(await answer.arrayBuffer()));
      if (this.bodies.size > BODIES_AT_ONCE) this.bodies.delete(this.bodies.keys().next().value);
    }
    return this.bodies.get(key);
  }

  // A new person begins in the photo's own pose.
  async begin(photo, name) {
    return this.enter(await this.send(photo, name));
  }

  // The same person fitted anew: who was posed by hand stays so.
  mended(person) {
    const { document, person: before } = this.studio;
    const asInPhoto = JSON.stringify(document.rotations) === JSON.stringify(before.body.rotations);
    const rotations = asInPhoto ? person.body.rotations : document.rotations;
    this.studio.people.set(person.id, person);
    this.studio.change("Mend the fit", { person: person.id, rotations, phenotype: null, layers: {} });
  }

  enter(person, label = "Open photo") {
    this.studio.people.set(person.id, person);
    const { rotations } = person.body;
    this.studio.change(label, {
      person: person.id,
      also: [],
      rotations,
      root: [0, 0, 0],
      phenotype: null,
      frame: null,
      layers: {},
      keys: [],
    });
    return person;
  }
}

export const isUnknown = (error) => error instanceof Refusal && error.status === 404;
