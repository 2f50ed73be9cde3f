type Child = Node | string;

/** Returns an element with attributes and children. Text is never parsed as HTML. */
export function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

// The outlines of devices, in a box of 24 by 24.
const OUTLINES = {
  mobile: "M8 2h8a1.5 1.5 0 0 1 1.5 1.5v17A1.5 1.5 0 0 1 16 22H8a1.5 1.5 0 0 1-1.5-1.5v-17A1.5 1.5 0 0 1 8 2zm3 17h2",
  tablet:
    "M5.5 2h13A1.5 1.5 0 0 1 20 3.5v17a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 20.5v-17A1.5 1.5 0 0 1 5.5 2zm5 17h3",
  desktop:
    "M3.5 4h17A1.5 1.5 0 0 1 22 5.5v10a1.5 1.5 0 0 1-1.5 1.5h-17A1.5 1.5 0 0 1 2 15.5v-10A1.5 1.5 0 0 1 3.5 4zM8 21h8m-4-4v4",
};

/** Returns the picture of a type of device. Screen readers pass over it. */
export function deviceIcon(type: string): SVGElement {
  const outline = OUTLINES[type.replace("DEVICE_TYPE_", "").toLowerCase() as keyof typeof OUTLINES] as
    string | undefined;
  const icon = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", outline ?? OUTLINES.desktop);
  for (const [name, value] of [
    ["viewBox", "0 0 24 24"],
    ["part", "icon"],
    ["aria-hidden", "true"],
    ["fill", "none"],
    ["stroke", "currentColor"],
    ["stroke-width", "1.5"],
  ] as const) {
    icon.setAttribute(name, value);
  }
  icon.append(path);
  return icon;
}
