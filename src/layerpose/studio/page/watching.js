// A video of somebody -> a part of it chosen, watched by the server as a job, and opened as a motion.
import { at, button, make } from "./elements.js";
import { waitFor } from "./job.js";
import { complain, say } from "./notices.js";
import { openSheet } from "./sheet.js";

const USUAL_S = 20; // a longer video is not watched whole unless it is asked for
const MOST_FRAMES = 3000;

export class Watching {
  constructor(studio, server) {
    Object.assign(this, { studio, server });
  }

  // `found`: what the server says of the video: id, name, frames, fps, seconds.
  open(found, file) {
    const film = make("video", { src: URL.createObjectURL(file), controls: true, muted: true, playsInline: true });
    film.classList.add("film");
    film.addEventListener("error", () => film.remove()); // the browser need not know the format
    const [from, start] = this.makeTime("From", 0, found.seconds);
    const [to, end] = this.makeTime("To", Math.min(found.seconds, USUAL_S), found.seconds);
    this.place = make("div", { className: "field" });
    const go = button("Watch it", () => run().catch(complain), { className: "main", icon: "play" });
    const run = async () => {
      go.disabled = true;
      await this.watch(found, start.valueAsNumber || 0, end.valueAsNumber || found.seconds).finally(() => {
        go.disabled = false;
      });
    };
    const dialog = openSheet("Take the motion of a video", [
      film,
      make("div", { className: "three" }, from, to),
      make("p", { className: "note" }, "One whole person is followed. Every second of it takes some seconds."),
      this.place,
      make("div", { className: "row" }, go),
    ]);
    dialog.addEventListener("close", () => URL.revokeObjectURL(film.src), { once: true });
  }

  makeTime(label, value, max) {
    const input = make("input", { type: "number", min: 0, max: max.toFixed(1), step: 0.1, value: value.toFixed(1) });
    return [make("label", { className: "field" }, make("span", {}, `${label} (seconds)`), input), input];
  }

  async watch({ id, name, frames, fps }, from, to) {
    const first = Math.max(0, Math.min(frames - 2, Math.round(from * fps)));
    const end = Math.min(frames, Math.max(first + 2, Math.ceil(to * fps)), first + MOST_FRAMES);
    const { job } = await this.server.json("/api/videos", { json: { video: id, name, first, end } });
    if (!(await waitFor(this.server, job, this.place, "frames"))) return;
    const motion = await this.server.json(`/api/jobs/${job}/result`);
    for (const doubt of motion.doubts) say(doubt);
    at("sheet").close();
    this.studio.tell("motion", motion);
  }
}
