"use strict";
// Reliability: how often what was forecast with a probability came, by bins of the forecast, one picture a horizon. Both axes are
// logarithmic at first, so that forecasts of 1 % and less are seen; the interval of a bin is a line, and a model keeps its colour and its mark.

const MARKS = ["circle", "diamond", "rect", "triangle", "roundRect"];

// A colour for every model, however many: those of the page first.
const modelColour = (i) => (i < 5 ? series(i) : `hsl(${(185 + 47 * (i - 5)) % 360}, 60%, ${document.documentElement.dataset.theme === "dark" ? 72 : 30}%)`);

// The ends of the axes: powers of ten where they are logarithmic.
function reliabilityEnds(bins, isLog) {
  const known = bins.flatMap((b) => [b.predicted, b.realised.value]).filter((p) => p > 0);
  if (!isLog) return [0, Math.min(1, niceEnds(0, Math.max(...bins.flatMap((b) => [b.predicted, b.realised.high])))[1])];
  return [Math.max(1e-5, 10 ** Math.floor(Math.log10(Math.min(...known, 0.1)) + 1e-9)), 1];
}

// Lines from the low to the high end of each interval, as one series with gaps between them.
function intervalLines(name, bins, i, floor) {
  const data = bins.flatMap((b) => [[b.predicted, Math.max(b.realised.low, floor)], [b.predicted, Math.max(b.realised.high, floor)], ["-", "-"]]);
  return { type: "line", name, data, symbol: "none", connectNulls: false, silent: true, lineStyle: { width: 2, color: modelColour(i), opacity: 0.55 }, itemStyle: { color: modelColour(i) }, tooltip: { show: false } };
}

function reliabilityChart(record, horizon, view) {
  const isLog = view.y === "log";
  const models = [...new Set(record.scores.map((s) => s.model))];
  const rows = record.scores.filter((s) => s.horizon_days === horizon && s.reliability.length);
  const bins = rows.flatMap((s) => s.reliability);
  if (!bins.length) return null;
  const [low, high] = reliabilityEnds(bins, isLog);
  const list = rows.flatMap((s) => {
    const i = models.indexOf(s.model);
    const inside = s.reliability.filter((b) => b.predicted >= low);
    const seen = inside.filter((b) => b.realised.value > 0 || !isLog);
    const none = inside.filter((b) => b.realised.value === 0 && isLog);
    return [
      { type: "scatter", name: words(s.model), symbol: MARKS[i % MARKS.length], symbolSize: 10, itemStyle: { color: modelColour(i) }, data: seen.map((b) => [b.predicted, b.realised.value]) },
      intervalLines(words(s.model), inside, i, low),
      ...(none.length ? [{ type: "scatter", name: "upper bound (none came)", symbol: "triangle", symbolRotate: 180, symbolSize: 10, itemStyle: { color: modelColour(i) }, data: none.map((b) => [b.predicted, b.realised.high]) }] : []),
    ];
  });
  const right = { type: "line", name: "came as often as forecast", data: [[low, low], [high, high]], symbol: "none", silent: true, lineStyle: { color: colour("quiet"), type: "dashed", width: 1.5 }, itemStyle: { color: colour("quiet") }, tooltip: { show: false } };
  const axis = (name) => ({ type: isLog ? "log" : "value", name, min: low, max: high, axisLabel: { formatter: (p) => percent(p, 4) } });
  const horizons = Math.round(rows[0].independent_horizons ?? 0);
  const apart = horizons ? ` ${number(0).format(horizons)} horizons do not overlap${horizons < 30 ? ": too few to tell whether forecasts come true" : ""}.` : "";
  return {
    options: base({
      xAxis: axis("Forecast"),
      yAxis: axis("Came"),
      tooltip: { trigger: "item", formatter: ({ seriesName, data: [x, y] }) => `${escapeText(seriesName)}<br>forecast ${smallPercent(x)}, came ${smallPercent(y)}` },
      series: [right, ...list],
    }),
    height: 430,
    say: `Over ${days(horizon)}: share of the forecasts of each size that came, against their mean, with 95 % intervals of blocks of time. Above the dashed line more came than was forecast.${apart}`,
    table: {
      head: ["Model", "Forecasts of", "Number", "Forecast on average", "Came", "95 % interval"],
      rows: rows.flatMap((s) => s.reliability.map((b) => [words(s.model), `${percent(b.from, 2)} to ${percent(b.to, 2)}`, number(0).format(b.forecasts), smallPercent(b.predicted), probability(b.realised), interval(b.realised)])),
    },
  };
}

// A section with a picture for each horizon.
function reliabilityFigures(parent, record) {
  const section = element("section", {}, element("h2", {}, "How such forecasts came true"), element("p", { class: "quiet" }, record.line ?? ""));
  if (record.rows.length) {
    const table = element("table", { class: "text" });
    fillTable(table, record);
    section.append(element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Scores of the forecasts" }, table));
  }
  const figures = element("div", { class: "figures" });
  section.append(figures, ...record.notes.map((note) => element("p", { class: "quiet" }, note)));
  parent.append(section);
  const horizons = [...new Set(record.scores.map((s) => s.horizon_days))];
  const drawn = horizons.map((horizon) => figure(figures, {
    title: `Reliability over ${days(horizon)}`, axes: ["y"], start: { y: "log" }, draw: ({ view }) => reliabilityChart(record, horizon, view),
  }));
  return () => drawn.forEach((draw) => draw({}));
}
