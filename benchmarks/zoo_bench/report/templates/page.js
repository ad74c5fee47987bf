"use strict";

// Copy buttons. Without scripts they stay hidden and the command can still be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(source.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}

// Enlarged pictures show their pixels; a picture shown smaller than it is would lose rows and columns, so it is smoothed.
const pixels = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.classList.toggle("shrunk", target.clientWidth * devicePixelRatio < target.naturalWidth);
  }
});
for (const image of document.querySelectorAll("img.pixels")) pixels.observe(image);

// The value under the pointer, in place of what stands there else. With several curves it is that of the nearest point.
for (const svg of document.querySelectorAll(".chart svg[data-points]")) {
  const points = JSON.parse(svg.dataset.points);
  const names = svg.dataset.names && JSON.parse(svg.dataset.names);
  const now = svg.parentElement.querySelector(".now");
  const box = svg.viewBox.baseVal;
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const line = make("line", { class: "cursor", y1: svg.dataset.top, y2: svg.dataset.bottom });
  const dot = make("circle", { class: "dot", r: 3.5 });
  const show = (event) => {
    const place = svg.getBoundingClientRect();
    const across = (event.clientX - place.left) / place.width * box.width;
    const down = (event.clientY - place.top) / place.height * box.height;
    const far = ([x, y]) => Math.hypot(x - across, names ? y - down : 0);
    const [x, y, at, value, which] = points.reduce((a, b) => far(b) < far(a) ? b : a);
    const [name, colour] = names ? names[which] : ["", ""];
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    dot.setAttribute("class", colour ? `dot ${colour}` : "dot");
    svg.append(line, dot);
    now.textContent = `${value} at ${at}${name ? `, ${name}` : ""}`;
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", () => {
    line.remove();
    dot.remove();
    now.textContent = now.dataset.last;
  });
}
