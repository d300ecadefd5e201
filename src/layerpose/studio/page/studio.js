// Changes that panels ask for -> the present document, its history, and word to all who show it.
import { History } from "./history.js";

export const EMPTY = Object.freeze({
  person: null,
  also: [],
  rotations: {},
  root: [0, 0, 0],
  phenotype: null,
  frame: null,
  pins: { "foot.L": true, "foot.R": true },
  background: "keep",
  layers: {},
  keys: [],
});
const PREFERRED = "layerpose-preferences";
const PREFERENCES = { limits: true, symmetry: false, balance: false, handles: true, size: 1024 };

export class Studio extends EventTarget {
  constructor() {
    super();
    this.history = new History([{ document: EMPTY, label: "" }]);
    this.live = EMPTY; // as it is shown: while something is dragged, ahead of the history
    this.preferences = { ...PREFERENCES, ...JSON.parse(localStorage.getItem(PREFERRED) ?? "{}") };
    this.people = new Map(); // id -> what the server says of a person
  }

  get document() {
    return this.history.present;
  }

  get person() {
    return this.people.get(this.live.person) ?? null;
  }

  // Shows a document that is not kept yet.
  preview(changes) {
    this.live = { ...this.document, ...changes };
    this.tell("preview");
  }

  // One step of the history.
  change(label, changes, merge = null) {
    this.history = this.history.push(Object.freeze({ ...this.document, ...changes }), label, merge);
    this.settle();
  }

  cancel() {
    this.live = this.document;
    this.tell("preview");
  }

  // Before the first photo there is nothing to go back to.
  get canUndo() {
    const { canUndo, steps, position } = this.history;
    return canUndo && steps[position - 1].document.person !== null;
  }

  undo() {
    if (!this.canUndo) return;
    this.history = this.history.undo();
    this.settle();
  }

  redo() {
    this.history = this.history.redo();
    this.settle();
  }

  goTo(position) {
    this.history = this.history.at(position);
    this.settle();
  }

  // Another history altogether: of a project, or of the last visit.
  restore(history) {
    this.history = history;
    this.settle();
  }

  prefer(changes) {
    this.preferences = { ...this.preferences, ...changes };
    localStorage.setItem(PREFERRED, JSON.stringify(this.preferences));
    this.tell("preferences");
  }

  settle() {
    this.live = this.document;
    this.tell("preview");
    this.tell("change");
  }

  tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }

  on(what, call) {
    this.addEventListener(what, (event) => call(event.detail));
  }
}
