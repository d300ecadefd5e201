// Keys -> what they do, and the page of help that lists them.
import { at, button, iconButton, make } from "./elements.js";
import { complain } from "./notices.js";

const MOUSE = [
  ["Drop a file anywhere, or paste it", "A photo, a pose, a motion, a video, a project"],
  ["Drag a handle", "Move that part of the body"],
  ["Click a handle or the body", "Choose a bone: rings and sliders turn it"],
  ["Drag beside the body", "Look from elsewhere"],
  ["Right button or two fingers", "Move the view"],
  ["Wheel or pinch", "Nearer, farther"],
  ["Tab, then arrow keys", "Move a handle 1 cm in the screen's axes; with Shift 5 cm"],
  ["Page Up, Page Down", "The same towards you and away"],
  ["P on a hand or foot", "Pin it, so that it stays where it is"],
];

export class Shortcuts {
  constructor(studio, tools, timeline, panel) {
    this.studio = studio;
    this.keys = new Map();
    for (const [name, { key, label }] of Object.entries(tools.actions))
      if (key) this.add(key, label, () => tools.run(name));
    this.add("Ctrl+Z", "Undo", () => studio.undo());
    this.add("Ctrl+Y", "Redo", () => studio.redo());
    this.add("Ctrl+Shift+Z", "Redo", () => studio.redo());
    this.add("K", "Add or update a key pose", () => timeline.addKey());
    this.add("Space", "Play, pause", () => timeline.togglePlay());
    this.add("Delete", "Delete the key at the playhead", () => timeline.removeKey());
    this.add("Ctrl+S", "Save the project", () => at("save-project").click());
    this.add("Ctrl+O", "Open a project", () => at("open-project").click());
    this.add("Ctrl+C", "Copy the picture", () => panel.copy().catch(complain));
    this.add("Esc", "Choose nothing", () => studio.tell("bone", null));
    this.add("?", "This list", () => this.show());
    addEventListener("keydown", (event) => this.press(event));
    at("help").addEventListener("click", () => this.show());
  }

  add(key, label, run) {
    this.keys.set(key.toLowerCase(), { key, label, run });
  }

  press(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]") || isTyping(event.target)) return;
    if (nameOf(event) === "ctrl+c" && !getSelection().isCollapsed) return; // words are copied
    if (event.key === " " && event.target.matches?.("button, summary, a, select, input")) return;
    const found = this.keys.get(nameOf(event));
    if (!found) return;
    event.preventDefault();
    found.run();
  }

  show() {
    const dialog = at("shortcuts");
    const close = iconButton("close", "Close", () => dialog.close());
    const head = make(
      "header",
      { className: "row" },
      make("h2", { id: "shortcuts-title", className: "grow" }, "How it works"),
      close,
    );
    const keys = [...this.keys.values()].map(({ key, label }) => [key, label]);
    dialog.replaceChildren(
      head,
      list(MOUSE),
      make("h3", { className: "heading" }, "Keys"),
      list(keys),
      button("Close", () => dialog.close(), { className: "main" }),
    );
    dialog.showModal();
  }
}

function list(rows) {
  return make("dl", {}, ...rows.flatMap(([key, label]) => [make("dt", {}, key), make("dd", {}, label)]));
}

function nameOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (altKey) return "";
  const name = { Escape: "esc", " ": "space" }[key] ?? key.toLowerCase();
  return ctrlKey || metaKey ? `ctrl+${shiftKey ? "shift+" : ""}${name}` : name;
}

const isTyping = (element) =>
  element.matches?.("input:not([type=range], [type=checkbox], [type=color]), textarea, select");
