// Every step of the work -> a contact sheet: its pictures side by side, to go back to or to save as one.
import { button, download, make } from "./elements.js";
import { complain } from "./notices.js";
import { openSheet } from "./sheet.js";

const CELL_PX = 256,
  LABEL_PX = 26,
  COLUMNS = 5;

export class StepsSheet {
  constructor(studio, result, panel) {
    Object.assign(this, { studio, result });
    panel.more.append(button("All steps", () => this.open(), { icon: "steps", className: "quiet" }));
  }

  open() {
    const { steps, position } = this.studio.history;
    this.cells = steps
      .map((step, index) => ({ ...step, index }))
      .filter(({ document }) => this.studio.people.has(document.person));
    const tiles = this.cells.map((cell) => {
      cell.image = make("img", { alt: "" });
      const go = () => {
        this.dialog.close();
        this.studio.goTo(cell.index);
      };
      return make(
        "button",
        { type: "button", className: cell.index === position ? "tile here" : "tile", onclick: go },
        cell.image,
        make("span", {}, cell.label),
      );
    });
    const beside = button("Save as one picture", () => this.save().catch(complain), { icon: "save" });
    const parts = [make("div", { className: "tiles large" }, ...tiles)];
    this.dialog = openSheet("All steps", parts, { wide: true, beside });
    this.fill().catch(complain);
  }

  // Pictures that were drawn before are shown at once, the others drawn small, one after the other.
  async fill() {
    for (const cell of this.cells) {
      if (!this.dialog.open) return;
      const { blob } = await this.result.small(cell.document);
      cell.image.src = URL.createObjectURL(blob);
    }
  }

  async save() {
    const rows = Math.ceil(this.cells.length / COLUMNS);
    const sheet = make("canvas", {
      width: Math.min(COLUMNS, this.cells.length) * CELL_PX,
      height: rows * (CELL_PX + LABEL_PX),
    });
    const paper = sheet.getContext("2d");
    Object.assign(paper, { fillStyle: "#fff", font: "14px sans-serif", textAlign: "center" });
    paper.fillRect(0, 0, sheet.width, sheet.height);
    paper.fillStyle = "#222";
    for (const [index, cell] of this.cells.entries()) {
      const x = (index % COLUMNS) * CELL_PX,
        y = Math.floor(index / COLUMNS) * (CELL_PX + LABEL_PX);
      const { blob } = await this.result.small(cell.document);
      paper.drawImage(await createImageBitmap(blob), x, y, CELL_PX, CELL_PX);
      paper.fillText(cell.label, x + CELL_PX / 2, y + CELL_PX + 18, CELL_PX - 8);
    }
    download(await new Promise((done) => sheet.toBlob(done)), "steps.png");
  }
}
