// The whole work -> a file (photos, every step, keys), and back.
import { at, choose, download } from "./elements.js";
import { complain, say } from "./notices.js";
import { History } from "./history.js";

const MOST_STEPS = 300;

export class Projects {
  constructor(studio, server, people) {
    Object.assign(this, { studio, server, people });
    at("save-project").addEventListener("click", () => this.save().catch(complain));
    at("open-project").addEventListener("click", () => this.pick());
  }

  async save() {
    const { history, document, person } = this.studio;
    if (!person) return;
    const first = Math.max(0, history.steps.length - MOST_STEPS);
    const project = { steps: history.steps.slice(first), position: history.position - first };
    const people = [...new Set(project.steps.flatMap((step) => [step.document.person, ...step.document.also]))].filter(
      Boolean,
    );
    await this.people.knowAll(document);
    const file = await this.server.blob("/api/projects", { json: { project, people } });
    download(file, `${person.name.replace(/\.[^.]*$/, "")}.layerpose`);
  }

  async pick() {
    const [file] = await choose(".layerpose");
    if (file) await this.open(file).catch(complain);
  }

  async open(file) {
    const { project, people } = await this.server.json("/api/projects/open", { method: "POST", body: file });
    if (!Array.isArray(project?.steps) || !project.steps.length)
      throw new Error(`${file.name} holds no steps of this studio`);
    for (const person of people) this.studio.people.set(person.id, person);
    const position = Math.max(0, Math.min(project.steps.length - 1, project.position ?? project.steps.length - 1));
    this.studio.restore(new History(project.steps, position));
    say(`Opened ${file.name}`);
  }
}
