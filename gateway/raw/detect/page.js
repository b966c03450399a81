(() => {
  "use strict";
  const form = document.getElementById("filters");
  const sections = [...document.querySelectorAll("section.table")];
  const rows = sections.flatMap((section) => {
    const name = section.querySelector("h2").textContent;
    return [...section.querySelectorAll("tbody tr")].map((row) => ({
      row,
      section,
      role: row.dataset.role,
      entities: row.dataset.entities.split(" "),
      by: row.dataset.by.split(" "),
      sure: Number(row.dataset.sure),
      text: `${name} ${row.textContent}`.toLowerCase(),
    }));
  });
  const count = form.querySelector("output");

  function apply() {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    const least = new Map(sections.map((section) => [section, 0]));
    let shown = 0;
    for (const one of rows) {
      const fits =
        (!wanted.table || one.section.id === wanted.table) &&
        (!wanted.role || one.role === wanted.role) &&
        (!wanted.entity || one.entities.includes(wanted.entity)) &&
        (!wanted.by || one.by.includes(wanted.by)) &&
        (!wanted.sure || one.sure < Number(wanted.sure)) &&
        words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      if (fits) {
        shown += 1;
        least.set(one.section, least.get(one.section) + 1);
      }
    }
    for (const [section, number] of least) section.hidden = number === 0;
    count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} columns`;
  }

  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.closest("[hidden]")) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 80);
  });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", reveal);
  form.hidden = false;
  apply();
})();
