// A job of the server -> a bar with the time that is left and a button that cancels it, until it has ended.
import { button, make } from "./elements.js";
import { complain } from "./notices.js";
import { pause } from "./server.js";

const LOOK_MS = 500;

// True once it is done, false if it was cancelled; a job that fails is thrown. `things`: what is counted.
export async function waitFor(server, job, place, things) {
  const bar = make("progress", { max: 1, value: 0, aria: { label: "Progress" } });
  const line = make("p", { className: "note", role: "status" }, "Waiting ...");
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    server.fetch(`/api/jobs/${job}`, { method: "DELETE" }).catch(complain);
  });
  place.replaceChildren(bar, line, cancel);
  for (;;) {
    const { state, done, total, seconds_left: left, detail } = await server.json(`/api/jobs/${job}`);
    bar.max = total || 1;
    bar.value = done;
    line.textContent = progressLine(state, done, total, left, things);
    if (state === "done") return true;
    if (state === "cancelled") {
      place.replaceChildren(make("p", { className: "note", role: "status" }, "Cancelled."));
      return false;
    }
    if (state === "failed") {
      place.replaceChildren();
      throw new Error(detail || "it did not work");
    }
    await pause(LOOK_MS);
  }
}

function progressLine(state, done, total, left, things) {
  if (state === "waiting") return "Waiting for its turn ...";
  const known = left !== null && left !== undefined;
  const rest = left > 90 ? `, ${Math.round(left / 60)} min left` : `, ${Math.ceil(left)} s left`;
  return `${done} of ${total} ${things}${known ? rest : ""}`;
}
