"use strict";
// Wires the page: the slider over computed levels, the switches, the figures and the tables behind them.

const DOCUMENTS = JSON.parse(document.getElementById("data").textContent);
const RUNS = DOCUMENTS.filter((d) => d.kind === "run").map((d) => d.value);
const FIGURES = [
  { title: "Probability of liquidation, by leverage", draw: probabilityChart, wide: true, axes: ["x", "y"] },
  { title: "Return", draw: returnChart },
  { title: "Price and what it would take", draw: priceChart },
  ...(typeof MINER_FIGURES === "undefined" ? [] : MINER_FIGURES),
  ...ACCOUNT_FIGURES,
  { title: "Returns over leverage", draw: spreadChart, axes: ["x"] },
  { title: "Time to liquidation", draw: timeChart, axes: ["x"] },
];
const state = { run: RUNS[0], level: null };

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const escapeText = (text) => element("i", {}, text).innerHTML;

// Gives a file to the reader to keep.
function download(name, type, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const csvCell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

// A figure: title, switches, chart with a text alternative, caption, table.
function figure(parent, { title, wide, axes = [], start = {}, draw }) {
  const id = `figure-${document.querySelectorAll("figure").length + 1}`;
  const plot = element("div", { class: "plot", role: "img" });
  const caption = element("figcaption");
  const table = element("table");
  const view = { x: "log", y: "linear", ...start };
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Table: ${title}` }, table);
  const heading = element("h3", { id }, title);
  const made = element("figure", wide ? { class: "wide", "aria-labelledby": id } : { "aria-labelledby": id }, heading);
  const switches = element("div", { class: "switches", role: "group", "aria-label": `Switches of ${title}` });
  for (const axis of axes) {
    const button = element("button", { type: "button", "aria-pressed": String(view[axis] === "log"), "data-axis": axis }, axis === "x" ? "leverage log" : "probability log");
    button.addEventListener("click", () => {
      view[axis] = view[axis] === "log" ? "linear" : "log";
      button.setAttribute("aria-pressed", String(view[axis] === "log"));
      update();
    });
    switches.append(button);
  }
  const chart = () => echarts.getInstanceByDom(plot);
  const svg = element("button", { type: "button", class: "save" }, "SVG");
  svg.addEventListener("click", () => download(`${title}.svg`, "image/svg+xml", chart().renderToSVGString()));
  const csv = element("button", { type: "button", class: "save" }, "CSV");
  csv.addEventListener("click", () => download(`${title}.csv`, "text/csv", [...table.rows].map((row) => [...row.cells].map((cell) => csvCell(cell.textContent)).join(",")).join("\n")));
  switches.append(svg, csv);
  made.append(switches, caption, plot, element("details", {}, element("summary", {}, "Numbers of this picture"), scroll));
  parent.append(made);
  const drawing = echarts.init(plot, null, { renderer: "svg" });
  new ResizeObserver(() => drawing.resize()).observe(plot);
  let click = null;
  drawing.getZr().on("click", (event) => {
    if (!click) return;
    const [x] = drawing.convertFromPixel({ seriesIndex: 0 }, [event.offsetX, event.offsetY]);
    if (x > 0) click(x);
  });
  return (context) => {
    const drawn = draw({ ...context, view });
    made.hidden = !drawn;
    if (!drawn) return;
    click = drawn.click ?? null;
    if (drawn.height) plot.style.height = `${drawn.height}px`;
    drawing.setOption(drawn.options, { notMerge: true });
    drawing.resize();
    plot.setAttribute("aria-label", drawn.say);
    caption.textContent = drawn.say;
    fillTable(table, drawn.table);
  };
}

function fillTable(table, { head, rows }) {
  const cells = (tag, row, scope) => element("tr", {}, ...row.map((cell, i) => (scope || i === 0 ? element("th", { scope: scope ?? "row" }, cell) : element(tag, {}, cell))));
  table.replaceChildren(element("thead", {}, cells("th", head, "col")), element("tbody", {}, ...rows.map((row) => cells("td", row))));
}

let updates = [];

function update() {
  for (const study of studies) study();
  if (!RUNS.length) return;
  const { run, level } = state;
  updates.forEach((draw) => draw({ runs: RUNS, run, level, choose }));
  showNumbers(run, level);
  for (const button of document.querySelectorAll("#level-buttons button")) button.setAttribute("aria-pressed", String(Number(button.dataset.leverage) === level.leverage));
}

function choose(level) {
  state.level = level;
  document.getElementById("leverage").value = levelsOf(state.run).indexOf(level);
  history.replaceState(null, "", `#${times(level.leverage)}`);
  update();
}

function showRun(run, leverage) {
  state.run = run;
  const levels = levelsOf(run);
  document.getElementById("leverage").max = levels.length - 1;
  document.getElementById("level-buttons").replaceChildren(...levels.filter((level) => level.isListed).map((level) => {
    const button = element("button", { type: "button", "data-leverage": level.leverage }, times(level.leverage));
    button.addEventListener("click", () => choose(level));
    return button;
  }));
  choose(nearestLevel(run, leverage));
}

// The level of the address, else the one that the answer speaks of.
function firstLeverage(run) {
  const asked = parseFloat(location.hash.slice(1));
  if (asked > 0) return asked;
  if (run.network) {
    const far = (level) => Math.abs(loanToValue(level.leverage) - 0.5);
    return run.levels.reduce((a, b) => (far(b) < far(a) ? b : a)).leverage;
  }
  const risky = run.levels.find((level) => level.liquidation_probability.high > 0.01);
  return (risky ?? run.levels.at(-1)).leverage;
}

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.getElementById("theme").setAttribute("aria-pressed", String(dark));
  update();
}

const REPLAYS = DOCUMENTS.filter((d) => d.kind === "replay").map((d) => d.value);
const studies = REPLAYS.map((replay, i) => {
  const section = element("section", {}, element("h2", {}, REPLAYS.length > 1 ? `Predicted against realised (${i + 1})` : "Predicted against realised"));
  document.getElementById("studies").append(section);
  return figure(section, { title: replay.scenario ?? "Share liquidated", draw: () => replayChart(replay) });
});
for (const record of DOCUMENTS.filter((d) => d.kind === "record")) studies.push(reliabilityFigures(document.getElementById("studies"), record.value));
for (const sweep of DOCUMENTS.filter((d) => d.kind === "sweep")) studies.push(sweepFigure(document.getElementById("studies"), sweep.value));
const preference = matchMedia("(prefers-color-scheme: dark)");
if (RUNS.length) {
  const parent = document.getElementById("figures");
  updates = FIGURES.map((f) => figure(parent, f));
  const slider = document.getElementById("leverage");
  slider.addEventListener("input", () => choose(levelsOf(state.run)[slider.value]));
  const choice = document.getElementById("scenario");
  RUNS.forEach((run, i) => choice.append(element("option", { value: i }, run.scenario)));
  document.getElementById("scenario-control").hidden = RUNS.length < 2;
  choice.addEventListener("change", () => showRun(RUNS[choice.value], state.level.leverage));
  document.getElementById("link").addEventListener("click", () => navigator.clipboard?.writeText(location.href));
  document.getElementById("print").addEventListener("click", () => window.print());
  addEventListener("hashchange", () => choose(nearestLevel(state.run, firstLeverage(state.run))));
  showRun(RUNS[0], firstLeverage(RUNS[0]));
}
preference.addEventListener("change", () => setTheme(preference.matches));
document.getElementById("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));
let darkBeforePrint = false;
addEventListener("beforeprint", () => {
  darkBeforePrint = document.documentElement.dataset.theme === "dark";
  setTheme(false);
  document.querySelectorAll("details.method").forEach((details) => { details.open = true; });
});
addEventListener("afterprint", () => setTheme(darkBeforePrint));
setTheme(preference.matches);
