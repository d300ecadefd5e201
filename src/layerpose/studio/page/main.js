// The page: everything is made, wired, and brought back to where it was.
import { at } from "./elements.js";
import { Backdrop } from "./backdrop.js";
import { BoneCard } from "./bone_card.js";
import { expose } from "./expose.js";
import { Figure } from "./figure.js";
import { Handles } from "./handles.js";
import { Incoming } from "./incoming.js";
import { LayersPanel } from "./layers_panel.js";
import { Layout } from "./layout.js";
import { Library } from "./library.js";
import { Mending } from "./mending.js";
import { Status, complain, say } from "./notices.js";
import { People } from "./people.js";
import { PhotoPanel } from "./photo_panel.js";
import { Picking } from "./picking.js";
import { Posing } from "./posing.js";
import { Projects } from "./projects.js";
import { Refused } from "./refused.js";
import { Result } from "./result.js";
import { ResultOptions } from "./result_options.js";
import { ResultPanel } from "./result_panel.js";
import { Rings } from "./rings.js";
import { Stage } from "./scene.js";
import { Server } from "./server.js";
import { ShapePanel } from "./shape_panel.js";
import { Shortcuts } from "./shortcuts.js";
import { StepsSheet } from "./steps_sheet.js";
import { Forgetful, Store } from "./store.js";
import { Studio } from "./studio.js";
import { Timeline } from "./timeline.js";
import { Tools } from "./tools.js";
import { Video } from "./video.js";
import { Welcome } from "./welcome.js";

start().catch(complain);

async function start() {
  const studio = new Studio();
  const server = new Server();
  const store = (await openStore()) ?? new Forgetful();
  const parts = makeParts(studio, server, store);
  expose(parts);
  wireHistory(studio);
  parts.status.set("Starting ...");
  studio.about = await server.json("/api/about");
  parts.options.fill(studio.about);
  parts.library.fill().catch(complain);
  server.json("/api/hands").then((hands) => parts.card.fill(hands), complain);
  await comeBack(parts);
  await parts.people.coming;
  parts.status.set("");
}

async function openStore() {
  const store = await Store.open().catch(() => null);
  if (!store)
    say("The studio is open in another tab, or this browser keeps nothing: save a project to keep your work.");
  return store;
}

function makeParts(studio, server, store) {
  const status = new Status(server),
    layout = new Layout(studio);
  const stage = new Stage(at("viewport")),
    figure = new Figure(studio, stage);
  const people = new People(studio, server, store, figure),
    posing = new Posing(studio, figure);
  const result = new Result(studio, server, people),
    panel = new ResultPanel(studio, result);
  const options = new ResultOptions(studio, server, posing, panel);
  const handles = new Handles(studio, stage, figure, at("handles")),
    rings = new Rings(studio, stage, figure);
  const card = new BoneCard(studio, figure),
    tools = new Tools(studio, stage, figure);
  const mending = new Mending(server);
  const photo = new PhotoPanel(studio, people, mending, new Refused(server, people, mending));
  const library = new Library(studio, server, posing),
    backdrop = new Backdrop(stage, library.trace);
  const timeline = new Timeline(studio, server, posing),
    projects = new Projects(studio, server, people);
  new Picking(studio, stage, figure, rings);
  new LayersPanel(studio, server, result, panel);
  new StepsSheet(studio, result, panel);
  new ShapePanel(studio);
  new Video(studio, server);
  new Welcome(studio, photo);
  new Shortcuts(studio, tools, timeline, panel);
  const incoming = new Incoming({
    person: (file) => photo.take(file),
    also: (file) => photo.add(file),
    pose: (file) => library.read(file),
    text: (text) => library.readText(text),
    trace: (file) => backdrop.show(file),
    background: (file) => options.usePicture(file),
    project: (file) => projects.open(file),
  });
  studio.on("file", (file) => incoming.take(file));
  return {
    studio,
    server,
    store,
    status,
    layout,
    stage,
    figure,
    people,
    posing,
    result,
    panel,
    options,
    handles,
    rings,
    card,
    tools,
    library,
    timeline,
  };
}

function wireHistory(studio) {
  at("undo").addEventListener("click", () => studio.undo());
  at("redo").addEventListener("click", () => studio.redo());
  studio.on("change", () => {
    const { canRedo, undoLabel, redoLabel } = studio.history;
    at("undo").disabled = !studio.canUndo;
    at("redo").disabled = !canRedo;
    at("undo").title = studio.canUndo ? `Undo: ${undoLabel} (Ctrl+Z)` : "Undo";
    at("redo").title = canRedo ? `Redo: ${redoLabel} (Ctrl+Y)` : "Redo";
  });
}

// Where the last visit was left, else the photo for which the studio was opened, else the example.
async function comeBack({ studio, store, people }) {
  const { photo, example } = studio.about;
  const history = await store.history();
  const kept = history?.present.person;
  if (kept && (await people.know(kept).catch(complain))) studio.restore(history);
  const wanted =
    photo && photo !== studio.document.person && photo !== localStorage.getItem("layerpose-opened")
      ? photo
      : studio.document.person
        ? null
        : (photo ?? example);
  if (wanted) people.enter(await people.know(wanted));
  if (photo) localStorage.setItem("layerpose-opened", photo);
  studio.on("change", () => store.keepHistory(studio.history).catch(complain));
  await store.keepHistory(studio.history);
}
