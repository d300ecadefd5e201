// A photo -> the person that the server found in it, its body on the stage; sent again to a server that forgot it.
import { readBody } from "./glb.js";
import { Refusal } from "./server.js";

export class People {
  constructor(studio, server, store, figure) {
    Object.assign(this, { studio, server, store, figure, bodies: new Map() });
    studio.on("preview", () => this.follow());
  }

  // Uploads a photo; the same bytes are the same person.
  async send(photo, name) {
    const person = await this.server.json(`/api/people?name=${encodeURIComponent(name)}`, { method: "POST", body: photo });
    this.studio.people.set(person.id, person);
    await this.store.put("photos", person.id, { id: person.id, name, photo });
    return person;
  }

  // What the server knows of a person; one that it forgot is sent again.
  async know(id) {
    if (this.studio.people.has(id)) return this.studio.people.get(id);
    try {
      const person = await this.server.json(`/api/people/${id}`);
      this.studio.people.set(id, person);
      return person;
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      return this.again(id);
    }
  }

  async again(id) {
    const kept = await this.store.get("photos", id);
    if (!kept) throw new Error("the server does not know this person any more; open the photo again");
    return this.send(kept.photo, kept.name);
  }

  // The person of the live document comes onto the stage.
  async follow() {
    const { person } = this.studio;
    if (!person || this.standing === person.id) return;
    this.standing = person.id;
    this.coming = this.load(person.id).then((body) => {
      if (this.standing === person.id) this.figure.put(body);
      this.studio.tell("body");
    });
    await this.coming;
  }

  async load(id) {
    if (!this.bodies.has(id)) {
      const answer = await this.server.fetch(`/api/people/${id}/body.glb`);
      this.bodies.set(id, await readBody(await answer.arrayBuffer()));
    }
    return this.bodies.get(id);
  }

  // A new person begins in the photo's own pose.
  async begin(photo, name) {
    return this.enter(await this.send(photo, name));
  }

  enter(person) {
    this.studio.people.set(person.id, person);
    const fresh = { person: person.id, also: [], rotations: person.body.rotations, root: [0, 0, 0], phenotype: null, frame: null, layers: {} };
    this.studio.change("Open photo", fresh);
    return person;
  }
}
