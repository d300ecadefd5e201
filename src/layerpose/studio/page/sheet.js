// What is asked in between -> the page's one dialog, with a title and a way out.
import { at, iconButton, make } from "./elements.js";

// `wide`: for pictures, as wide as the window lets it; `beside`: what stands between the title and the cross.
export function openSheet(title, parts, { wide = false, beside = null } = {}) {
  const dialog = at("sheet");
  dialog.classList.toggle("wide", wide);
  const close = iconButton("close", "Close", () => dialog.close());
  const name = make("h2", { id: "sheet-title", className: "grow" }, title);
  dialog.replaceChildren(make("header", { className: "row" }, name, beside, close), ...parts);
  if (!dialog.open) dialog.showModal();
  return dialog;
}
