"use strict";
// Wires the page: the slider, the switches, the figures and the tables behind them.

const DOCUMENTS = JSON.parse(document.getElementById("data").textContent);
const RUNS = DOCUMENTS.filter((d) => d.kind === "run").map((d) => d.value);
const FIGURES = [
  { title: "Probability of liquidation", draw: probabilityChart, wide: true, axes: ["x", "y"] },
  { title: "Price and liquidation price", draw: priceChart },
  { title: "Return on equity", draw: returnChart },
  { title: "Returns over leverage", draw: spreadChart, axes: ["x"] },
  { title: "Time to liquidation", draw: timeChart, axes: ["x"] },
  ...ACCOUNT_FIGURES,
];
const state = { run: RUNS[0], leverage: 0 };

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const escapeText = (text) => element("i", {}, text).innerHTML;

// A figure: title, switches, chart with a text alternative, caption, table.
function figure(parent, { title, wide, axes = [], draw }) {
  const id = `figure-${document.querySelectorAll("figure").length + 1}`;
  const plot = element("div", { class: "plot", role: "img" });
  const caption = element("figcaption");
  const table = element("table");
  const view = { x: "log", y: "linear" };
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Table: ${title}` }, table);
  const made = element("figure", wide ? { class: "wide", "aria-labelledby": id } : { "aria-labelledby": id }, element("h3", { id }, title));
  if (axes.length) {
    const switches = element("div", { class: "switches", role: "group", "aria-label": `Axes of ${title}` });
    for (const axis of axes) {
      const button = element("button", { type: "button", "aria-pressed": String(view[axis] === "log"), "data-axis": axis }, axis === "x" ? "leverage axis logarithmic" : "probability axis logarithmic");
      button.addEventListener("click", () => {
        view[axis] = view[axis] === "log" ? "linear" : "log";
        button.setAttribute("aria-pressed", String(view[axis] === "log"));
        update();
      });
      switches.append(button);
    }
    made.append(switches);
  }
  made.append(plot, caption, element("details", {}, element("summary", {}, "Table"), scroll));
  parent.append(made);
  const chart = echarts.init(plot, null, { renderer: "svg" });
  new ResizeObserver(() => chart.resize()).observe(plot);
  return (context) => {
    const drawn = draw({ ...context, view });
    made.hidden = !drawn;
    if (!drawn) return;
    if (drawn.height) plot.style.height = `${drawn.height}px`;
    chart.setOption(drawn.options, { notMerge: true });
    chart.resize();
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
  const level = levelAt(state.run, state.leverage);
  const context = { runs: RUNS, run: state.run, level };
  updates.forEach((draw) => draw(context));
  showNumbers(level);
}

function showNumbers(level) {
  document.getElementById("leverage-value").textContent = times(level.leverage);
  document.getElementById("leverage").setAttribute("aria-valuetext", times(level.leverage));
  const entry = state.run.price_fan?.quantiles["0.5"]?.[0];
  const distance = entry && level.liquidation_price ? ` (${percent(level.liquidation_price / entry - 1)})` : "";
  const quantile = (p) => percent(level.return.quantiles[p]);
  const rows = [
    ["Probability of liquidation", probability(level.liquidation_probability)],
    ["95 % interval", interval(level.liquidation_probability) || "—"],
    ["Liquidation price", price(level.liquidation_price) + distance],
    ["Median time to it", days(level.time_to_liquidation_days?.p50)],
    ["Mean return", percent(level.mean_return.value)],
    ["Return, 5 % and 95 %", `${quantile("0.05")} / ${quantile("0.95")}`],
    ["Value at risk, 95 %", percent(level.value_at_risk["0.95"]?.value)],
    ["Expected shortfall, 95 %", percent(level.expected_shortfall["0.95"]?.value)],
  ];
  document.getElementById("numbers").replaceChildren(...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  document.getElementById("leverage-kind").textContent = level.interpolated
    ? `Interpolated between the simulated levels ${times(level.between[0])} and ${times(level.between[1])}; not simulated.`
    : "A simulated level.";
  document.getElementById("spoken").textContent = `${times(level.leverage)}: probability of liquidation ${rows[0][1]}`;
  for (const button of document.querySelectorAll("#level-buttons button")) button.setAttribute("aria-pressed", String(Math.abs(button.dataset.leverage / level.leverage - 1) < 1e-9));
}

function range() {
  const levels = state.run.levels;
  return [levels[0].leverage, levels.at(-1).leverage];
}

function setLeverage(leverage) {
  const [from, to] = range();
  state.leverage = Math.min(to, Math.max(from, leverage));
  const slider = document.getElementById("leverage");
  slider.value = to > from ? Math.round((slider.max * Math.log(state.leverage / from)) / Math.log(to / from)) : 0;
  update();
}

function showRun(run) {
  state.run = run;
  document.getElementById("level-buttons").replaceChildren(...run.levels.map((level) => {
    const button = element("button", { type: "button", "data-leverage": level.leverage }, times(level.leverage));
    button.addEventListener("click", () => setLeverage(level.leverage));
    return button;
  }));
  // The level nearest to one chance in ten says most at first sight.
  const telling = run.levels.reduce((a, b) => (Math.abs(b.liquidation_probability.value - 0.1) < Math.abs(a.liquidation_probability.value - 0.1) ? b : a));
  setLeverage(telling.leverage);
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
for (const sweep of DOCUMENTS.filter((d) => d.kind === "sweep")) studies.push(sweepFigure(document.getElementById("studies"), sweep.value));
const preference = matchMedia("(prefers-color-scheme: dark)");
if (RUNS.length) {
  const parent = document.getElementById("figures");
  updates = FIGURES.map((f) => figure(parent, f));
  const slider = document.getElementById("leverage");
  slider.addEventListener("input", () => {
    const [from, to] = range();
    state.leverage = from * (to / from) ** (slider.value / slider.max);
    const near = state.run.levels.find((level) => Math.abs(level.leverage / state.leverage - 1) < Math.log(to / from) / slider.max / 2);
    if (near) state.leverage = near.leverage;
    update();
  });
  const choice = document.getElementById("scenario");
  RUNS.forEach((run, i) => choice.append(element("option", { value: i }, run.scenario)));
  document.getElementById("scenario-control").hidden = RUNS.length < 2;
  choice.addEventListener("change", () => showRun(RUNS[choice.value]));
  showRun(RUNS[0]);
}
preference.addEventListener("change", () => setTheme(preference.matches));
document.getElementById("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));
let darkBeforePrint = false;
addEventListener("beforeprint", () => {
  darkBeforePrint = document.documentElement.dataset.theme === "dark";
  setTheme(false);
});
addEventListener("afterprint", () => setTheme(darkBeforePrint));
setTheme(preference.matches);
