// Small pieces of page that the task manager is made of.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  running: "M8 2a6 6 0 1 1-5.6 3.9",
  queued: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 4.8V8l2.2 1.4",
  completed: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5.4 8.2l1.8 1.8 3.4-3.8",
  failed: "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.4h.01",
  canceled: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM4 12 12 4",
  skipped: "M3.5 4 8 8l-4.5 4zM8.5 4 13 8l-4.5 4z",
  list: "M6 3.5h8M6 8h8M6 12.5h8M2.2 3.5h.01M2.2 8h.01M2.2 12.5h.01",
  cancel: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5.8 5.8h4.4v4.4H5.8z",
  retry: "M13.2 8A5.2 5.2 0 1 1 11 3.8l2 1.7M13.3 2.2v3.4H9.9",
  x: "m4 4 8 8M12 4l-8 8",
  chevron: "m6 3.5 4.5 4.5L6 12.5",
  bell: "M8 2a4 4 0 0 0-4 4v2.5L2.8 11h10.4L12 8.5V6a4 4 0 0 0-4-4ZM6.5 13.2c.8.8 2.2.8 3 0",
};

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name === "role" || name === "for") node.setAttribute(name, value);
    else if (name === "data") Object.assign(node.dataset, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.queued);
  svg.append(path);
  return svg;
}

export function setIcon(holder, name) {
  if (holder.dataset.icon === name) return;
  holder.dataset.icon = name;
  holder.replaceChildren(icon(name));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const button = (label, name, onclick) => el("button", { type: "button", className: "act", title: label, "aria-label": label, onclick }, icon(name));
