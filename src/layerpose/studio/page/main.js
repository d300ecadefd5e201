// The page: everything is made, wired, and brought back to where it was.
import { at } from "./elements.js";
import { BoneCard } from "./bone_card.js";
import { Figure } from "./figure.js";
import { Handles } from "./handles.js";
import { Layout } from "./layout.js";
import { Status, complain } from "./notices.js";
import { People } from "./people.js";
import { Result } from "./result.js";
import { ResultPanel } from "./result_panel.js";
import { Rings } from "./rings.js";
import { Server } from "./server.js";
import { Stage } from "./scene.js";
import { Shortcuts } from "./shortcuts.js";
import { Store } from "./store.js";
import { Studio } from "./studio.js";
import { Tools } from "./tools.js";
import { expose } from "./expose.js";

const studio = new Studio();
const server = new Server();
const status = new Status(server);
const stage = new Stage(at("viewport"));
const figure = new Figure(studio, stage);
const handles = new Handles(studio, stage, figure, at("handles"));
const result = new Result(studio, server);
const panel = new ResultPanel(studio, result);
const tools = new Tools(studio, stage, figure);
const rings = new Rings(studio, stage, figure);
const layout = new Layout();
new Shortcuts(studio, tools);
const card = new BoneCard(studio, figure);

at("undo").addEventListener("click", () => studio.undo());
at("redo").addEventListener("click", () => studio.redo());
studio.on("change", showHistory);
studio.on("body", () => panel.person(studio.person));

function showHistory() {
  const { canUndo } = studio;
  const { canRedo, undoLabel, redoLabel } = studio.history;
  at("undo").disabled = !canUndo;
  at("redo").disabled = !canRedo;
  at("undo").title = canUndo ? `Undo: ${undoLabel} (Ctrl+Z)` : "Undo";
  at("redo").title = canRedo ? `Redo: ${redoLabel} (Ctrl+Y)` : "Redo";
}

async function start() {
  const store = await Store.open();
  const people = new People(studio, server, store, figure);
  expose({ studio, stage, figure, handles, result, people, store, tools, rings, card, layout });
  status.set("Starting ...");
  const about = await server.json("/api/about");
  studio.about = about;
  const history = await store.history();
  if (history?.present.person) {
    await people.know(history.present.person);
    studio.restore(history);
  } else if (about.photo ?? about.example) {
    people.enter(await people.know(about.photo ?? about.example));
  }
  studio.on("change", () => store.keepHistory(studio.history).catch(complain));
  store.keepHistory(studio.history);
  await people.coming;
  status.set("");
}

start().catch(complain);
