"use strict";
// One answer tried on a chain: the row of its table says what becomes of it, the picture shows where.

function shown(seconds) {
  if (seconds >= 1 || seconds === 0) return `${Math.round(seconds * 1000) / 1000}s`;
  return seconds >= 0.001 ? `${Math.round(seconds * 1000)}ms` : `${Math.ceil(seconds * 1e6)}us`;
}

// `45s`, `1m30s`, `500ms`; nothing for anything else.
function seconds(text) {
  const units = { d: 86400, h: 3600, m: 60, s: 1, ms: 0.001, us: 0.000001 };
  const parts = text.trim().toLowerCase().match(/^(?:\d+(?:\.\d+)?\s*(?:ms|us|d|h|m|s)\s*)+$/);
  if (!parts) return undefined;
  let sum = 0;
  for (const [, number, unit] of parts[0].matchAll(/(\d+(?:\.\d+)?)\s*(ms|us|d|h|m|s)/g)) sum += number * units[unit];
  return sum;
}

function start(chain) {
  const box = chain.querySelector(".try");
  if (!box) return;
  const tables = [...chain.querySelectorAll("table.sweep")].map((table) => ({
    table,
    lane: table.dataset.lane,
    start: Number(table.dataset.start),
    stops: table.dataset.stops.split(" ").map(Number),
    rows: [...table.querySelectorAll("tbody tr")].map((row) => ({
      row,
      from: Number(row.dataset.from),
      to: row.dataset.to === undefined ? Infinity : Number(row.dataset.to),
      seen: row.dataset.seen,
      fires: row.dataset.fires,
      runsOn: row.dataset.runsOn.split(" ").filter(Boolean),
      text: row.querySelector(".text").textContent,
    })),
  }));
  const range = box.querySelector("input[type=range]");
  const exact = box.querySelector("input[type=text]");
  const said = box.querySelector(".said");
  const radios = [...box.querySelectorAll("input[type=radio]")];
  let current = tables[0];
  let takes = current.start;

  function draw() {
    const found = current.rows.find((row) => takes < row.to) ?? current.rows[current.rows.length - 1];
    for (const { rows } of tables) for (const { row } of rows) row.classList.toggle("at", row === found.row);
    for (const hop of chain.querySelectorAll(".hop")) {
      hop.classList.toggle("fires", hop.dataset.hop === found.fires && found.seen !== "answer");
      hop.classList.toggle("runs-on", found.runsOn.includes(hop.dataset.hop));
    }
    for (const plot of chain.querySelectorAll(".plot")) {
      const { left, right, knee, longest, lane } = plot.dataset;
      const place = Math.log1p(Math.min(takes, longest) / knee) / Math.log1p(longest / knee);
      const x = Number(left) + place * (right - left);
      const line = plot.querySelector(".now");
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      plot.classList.toggle("trying", lane === current.lane);
    }
    const time = document.createElement("b");
    time.textContent = shown(takes);
    said.replaceChildren(time, `: ${found.text}.`);
    range.setAttribute("aria-valuetext", `${shown(takes)}: ${found.text}`);
  }

  function nearest() {
    const away = (stop) => Math.abs(Math.log1p(stop) - Math.log1p(takes));
    return current.stops.reduce((best, stop, i) => (away(stop) < away(current.stops[best]) ? i : best), 0);
  }

  function choose(sweep) {
    current = sweep;
    range.max = current.stops.length - 1;
    range.value = nearest();
    draw();
  }

  range.addEventListener("input", () => {
    takes = current.stops[range.value];
    exact.value = shown(takes);
    exact.removeAttribute("aria-invalid");
    draw();
  });
  exact.addEventListener("input", () => {
    const asked = seconds(exact.value);
    if (asked === undefined) {
      exact.setAttribute("aria-invalid", "true");
      said.textContent = "Write a time with its unit, such as 45s, 2m or 500ms.";
      return;
    }
    exact.removeAttribute("aria-invalid");
    takes = asked;
    range.value = nearest();
    draw();
  });
  for (const radio of radios) radio.addEventListener("change", () => choose(tables[radio.value]));
  box.hidden = false;
  exact.value = shown(takes);
  choose(current);
}

for (const chain of document.querySelectorAll(".chain")) start(chain);
