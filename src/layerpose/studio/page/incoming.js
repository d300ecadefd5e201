// Files that are dropped or pasted -> whoever they are for: a person, a pose, a background, a project.
import { at, button, make } from "./elements.js";
import { complain } from "./notices.js";

export class Incoming {
  constructor(takers) {
    this.takers = takers; // {person, also, pose, trace, background, project}: each takes a file
    const over = (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        at("drop").hidden = false;
      }
    };
    addEventListener("dragenter", over);
    addEventListener("dragover", over);
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) at("drop").hidden = true;
    });
    addEventListener("drop", (event) => this.drop(event));
    addEventListener("paste", (event) => this.paste(event));
  }

  drop(event) {
    at("drop").hidden = true;
    if (event.defaultPrevented || !hasFiles(event)) return;
    event.preventDefault();
    for (const file of event.dataTransfer.files) this.take(file);
  }

  paste(event) {
    if (event.target.matches?.("input, textarea")) return;
    const [file] = event.clipboardData.files;
    const text = event.clipboardData.getData("text/plain");
    if (!file && !text) return;
    event.preventDefault();
    if (file) this.take(file);
    else this.takers.text(text).catch(complain);
  }

  take(file) {
    if (file.name.endsWith(".layerpose")) return this.give("project", file);
    if (!file.type.startsWith("image/")) return this.give("pose", file);
    return this.ask(file);
  }

  give(taker, file) {
    return this.takers[taker](file).catch(complain);
  }

  // A picture can be many things.
  ask(file) {
    const dialog = at("sheet");
    const picture = make("img", {
      src: URL.createObjectURL(file),
      alt: "The picture that was dropped",
      className: "asked",
    });
    const take = (taker) => () => {
      dialog.close();
      URL.revokeObjectURL(picture.src);
      this.give(taker, file);
    };
    dialog.classList.remove("wide");
    dialog.replaceChildren(
      make("h2", { id: "sheet-title" }, "What is this picture?"),
      picture,
      make(
        "div",
        { className: "choices" },
        button("A new person", take("person"), { icon: "photo", className: "main" }),
        button("Another photo of this person", take("also"), { icon: "plus" }),
        button("A pose to take", take("pose"), { icon: "pose" }),
        button("A picture to trace", take("trace"), { icon: "trace" }),
        button("The background", take("background"), { icon: "frame" }),
        button("Nothing", () => dialog.close(), { className: "quiet" }),
      ),
    );
    dialog.showModal();
  }
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
