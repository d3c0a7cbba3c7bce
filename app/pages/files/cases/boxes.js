// The faces of a reference as boxes over its picture, as the pages of references draw them.

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// `address`: of the picture itself.
export function boxesOf(reference, address) {
  const { width, height, faces, chosen } = reference;
  const size = Math.max(Math.max(width, height) / 28, 12);
  const drawn = element("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  drawn.append(element("image", { href: address, width, height }));
  for (const { number, box: [left, top, right, bottom] } of faces) {
    const above = top > size * 1.3 ? top - size * 1.3 : bottom;
    const group = element("g", number === chosen ? { class: "chosen" } : {});
    group.append(
      element("rect", { class: "box", x: left, y: top, width: right - left, height: bottom - top }),
      element("rect", { class: "tag", x: left, y: above, width: size * 1.3, height: size * 1.3 }),
      element("text", { x: left + size * 0.65, y: above + size, "font-size": size, "text-anchor": "middle" }, number + 1),
    );
    drawn.append(group);
  }
  return drawn;
}
