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

// The value under the pointer, in place of the last one.
for (const svg of document.querySelectorAll(".chart svg[data-points]")) {
  const points = JSON.parse(svg.dataset.points);
  const now = svg.parentElement.querySelector(".now");
  const box = svg.viewBox.baseVal;
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const line = make("line", { class: "cursor", y1: svg.dataset.top, y2: svg.dataset.bottom });
  const dot = make("circle", { class: "dot", r: 3.5 });
  svg.addEventListener("pointermove", (event) => {
    const place = svg.getBoundingClientRect();
    const at = (event.clientX - place.left) / place.width * box.width;
    const [x, y, iteration, value] = points.reduce((a, b) => Math.abs(b[0] - at) < Math.abs(a[0] - at) ? b : a);
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    svg.append(line, dot);
    now.textContent = `${value} at ${iteration}`;
  });
  svg.addEventListener("pointerleave", () => {
    line.remove();
    dot.remove();
    now.textContent = now.dataset.last;
  });
}
