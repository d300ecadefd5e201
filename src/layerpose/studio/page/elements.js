// Words and names -> the page's small parts: buttons, sliders, switches. Text is text, never markup.

const SVG = "http://www.w3.org/2000/svg";

export const at = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, role, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  if (role) element.setAttribute("role", role);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function button(label, onclick, { icon: name, ...rest } = {}) {
  return make("button", { type: "button", onclick, ...rest }, name ? icon(name) : null, label);
}

export function iconButton(name, label, onclick, { key, className = "", aria = {}, ...rest } = {}) {
  const title = key ? `${label} (${key})` : label;
  return make(
    "button",
    { type: "button", onclick, title, className: `icon ${className}`, aria: { label, ...aria }, ...rest },
    icon(name),
  );
}

// A labelled slider; `input` is called while it moves, `change` when it is let go.
export function slider(label, { min, max, step, value, input, change, format = String }) {
  const out = make("output", {}, format(value));
  const range = make("input", { type: "range", min, max, step, value });
  range.addEventListener("input", () => {
    out.textContent = format(range.valueAsNumber);
    input?.(range.valueAsNumber);
  });
  range.addEventListener("change", () => change?.(range.valueAsNumber));
  const set = (now) => {
    range.value = now;
    out.textContent = format(now);
  };
  return Object.assign(make("label", { className: "slider" }, make("span", {}, label), out, range), { set, range });
}

// Saves bytes as a file of the visitor's.
export function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Lets the visitor choose files.
export function choose(accept, multiple = false) {
  return new Promise((done) => {
    const input = make("input", { type: "file", accept, multiple });
    input.addEventListener("change", () => done([...input.files]));
    input.addEventListener("cancel", () => done([]));
    input.click();
  });
}
