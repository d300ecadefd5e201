// Documents one after the other -> the present one, with everything before and after it. Documents are never changed.

export class History {
  constructor(steps, position = steps.length - 1) {
    this.steps = steps; // {document, label}
    this.position = position;
  }

  get present() {
    return this.steps[this.position].document;
  }

  get canUndo() {
    return this.position > 0;
  }

  get canRedo() {
    return this.position < this.steps.length - 1;
  }

  // What undo and redo would take back or bring again.
  get undoLabel() {
    return this.canUndo ? this.steps[this.position].label : "";
  }

  get redoLabel() {
    return this.canRedo ? this.steps[this.position + 1].label : "";
  }

  // A change of the same `label` and `merge` key right after another replaces it: a slider's way is one step.
  push(document, label, merge = null) {
    const last = this.steps[this.position];
    const merged = merge !== null && last.merge === merge && !this.canRedo && this.position > 0;
    const kept = this.steps.slice(0, merged ? this.position : this.position + 1);
    return new History([...kept, { document, label, merge }]);
  }

  at(position) {
    return new History(this.steps, position);
  }

  undo() {
    return this.canUndo ? new History(this.steps, this.position - 1) : this;
  }

  redo() {
    return this.canRedo ? new History(this.steps, this.position + 1) : this;
  }
}
