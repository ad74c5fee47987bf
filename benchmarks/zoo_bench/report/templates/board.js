
// A heading sorts its column, again turns it around; what has no value stays at the end.
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const table = head.closest("table");
    const rising = head.getAttribute("aria-sort") !== "ascending";
    const value = (row) => {
      const said = row.cells[head.cellIndex].dataset.value;
      const number = Number(said);
      return said === "" ? null : Number.isNaN(number) ? said : number;
    };
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "string" ? x.localeCompare(y) : x - y;
      return rising ? order : -order;
    };
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  });
}

// A table that is wider than its place says so.
const wide = new ResizeObserver((entries) => {
  for (const { target } of entries) target.previousElementSibling.hidden = target.scrollWidth <= target.clientWidth + 1;
});
for (const table of document.querySelectorAll(".wide")) wide.observe(table);

// A link to a row opens it.
const open = () => {
  const target = location.hash.startsWith("#row-") && document.getElementById(location.hash.slice(1));
  if (target) {
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", open);
open();
