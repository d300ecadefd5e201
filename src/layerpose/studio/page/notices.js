// What has to be said -> a line at the foot of the screen, and the state of the server in the bar.
import { at, iconButton, make } from "./elements.js";

const STAYS_MS = 6000;

export function say(text, { bad = false, stays = bad } = {}) {
  const same = [...at("notices").children].find((notice) => notice.dataset.text === text);
  same?.remove();
  const notice = make("div", { className: bad ? "notice bad" : "notice", data: { text } }, make("span", {}, text));
  notice.append(iconButton("close", "Dismiss", () => notice.remove()));
  at("notices").append(notice);
  raise(at("notices"));
  if (!stays) setTimeout(() => notice.remove(), STAYS_MS);
  return notice;
}

// Above a dialog, too.
function raise(place) {
  if (!place.showPopover) return;
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}

export const complain = (error) => {
  if (error?.name !== "AbortError") say(sentence(error.message ?? String(error)), { bad: true });
};

// A line that begins with a file's name keeps it.
export const sentence = (text) => (/^[a-z]+[ ,;:]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

// The bar's line: what goes on, and whether the server is there.
export class Status {
  constructor(server) {
    this.line = at("status");
    this.text = "";
    server.addEventListener("away", () => {
      this.away = server.away;
      this.show();
    });
  }

  set(text) {
    this.text = text;
    this.show();
  }

  show() {
    this.line.classList.toggle("away", Boolean(this.away));
    this.line.textContent = this.away ? "The server does not answer. Nothing is lost; trying again ..." : this.text;
  }
}
