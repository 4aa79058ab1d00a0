"use strict";
// The chosen level in numbers: the answer beside its number, the tiles, and how it ends as parts of one whole.

// Ways to end, in the order of the bar, with the colour of each.
const ENDINGS = [
  ["profit", "Survived with a profit"],
  ["loss", "Survived with a loss"],
  ["stopped", "Closed by the stop"],
  ["target", "Reached its target"],
  ["called", "Closed on a margin call"],
  ["expired", "Closed when its time was over"],
  ["liquidated", "Liquidated"],
];

// Parts of one whole: what closes on the way comes from the result, what survives is split by the sign of the return.
function endingsOf(level) {
  const exits = level.exits ?? {};
  const liquidated = level.liquidation_probability.value;
  const way = Object.fromEntries(["stopped", "target", "called", "expired"].map((key) => [key, exits[key]?.value ?? 0]));
  const acted = Object.values(way).reduce((sum, p) => sum + p, 0);
  const open = Math.max(0, 1 - liquidated - acted);
  const share = { ...way, liquidated };
  if (acted > 0 || !level.loss_probability) return { ...share, open };
  const loss = Math.min(open, Math.max(0, level.loss_probability.value - liquidated));
  return { ...share, loss, profit: Math.max(0, open - loss) };
}

function showEndings(level) {
  const bar = document.getElementById("endings-bar");
  const list = document.getElementById("endings-list");
  const parts = endingsOf(level);
  const rows = [...ENDINGS, ["open", "Open at the end"]].filter(([key]) => (parts[key] ?? 0) > 0);
  const text = (key) => (key === "liquidated" ? probability(level.liquidation_probability) : smallPercent(parts[key]));
  bar.replaceChildren(...rows.map(([key]) => {
    const part = element("span", { class: `part-${key}`, style: "" }, parts[key] > 0.12 ? text(key) : "");
    part.style.flexGrow = String(parts[key]);
    return part;
  }));
  bar.setAttribute("aria-label", rows.map(([key, name]) => `${name} ${text(key)}`).join(", "));
  list.replaceChildren(...rows.map(([key, name]) => element("div", {}, element("dt", {}, element("i", { class: `swatch part-${key}`, "aria-hidden": "true" }), name), element("dd", {}, text(key)))));
  document.getElementById("endings-head").textContent = `How it ends at ${times(level.leverage)}`;
}

function tiles(run, level) {
  if (run.network) return minerTiles(run, level);
  const entry = run.price_fan?.quantiles["0.5"]?.[0];
  const away = entry && level.liquidation_price ? `${signed(level.liquidation_price / entry - 1)} from ${price(entry)}` : "";
  const quantile = (p) => signed(level.return?.quantiles?.[p]);
  const time = hasTimes(run, level) ? level.time_to_liquidation_days : null;
  const mean = level.mean_return;
  const range = time?.p05 === undefined ? "of the liquidated" : `median; nine of ten from ${days(time.p05)} to ${days(time.p95)}`;
  return [
    ["Liquidation price", price(level.liquidation_price), away],
    ["Ends with any loss", probability(level.loss_probability), interval(level.loss_probability)],
    ["Median outcome", quantile("0.5"), mean ? `mean ${signed(mean.value)}, interval ${signed(mean.low)} to ${signed(mean.high)}` : ""],
    ["Bad case, 1 in 20", quantile("0.05"), "or worse"],
    ["Good case, 1 in 20", quantile("0.95"), "or better"],
    ["Time to liquidation", time ? days(time.p50) : "—", time ? range : "too few liquidated paths"],
  ];
}

function showNumbers(run, level) {
  const text = probability(level.liquidation_probability);
  const range = interval(level.liquidation_probability);
  const wide = intervalWithParameters(level.liquidation_probability);
  const id = (name) => document.getElementById(name);
  id("leverage-value").textContent = times(level.leverage);
  id("leverage-risk").textContent = text;
  id("leverage").setAttribute("aria-valuetext", times(level.leverage));
  id("number-value").textContent = text;
  id("number-head").textContent = `${run.network ? "Machines or pledged coins lost" : "Liquidated"} within ${days(run.horizon_days)} at ${times(level.leverage)}`;
  id("number-range").textContent = [range && `95 % interval ${range}`, wide && `${wide} with parameters`, oneIn(level.liquidation_probability)].filter(Boolean).join(" · ");
  id("numbers").replaceChildren(...tiles(run, level).map(([name, value, more]) => element("div", {}, element("dt", {}, name), element("dd", {}, value), element("dd", { class: "more" }, more))));
  id("leverage-kind").textContent = level.isListed ? "A level of the scenario." : "A level between those of the scenario, computed with fewer paths; pictures of its outcomes are drawn for listed levels.";
  id("spoken").textContent = `${times(level.leverage)}: liquidated with a probability of ${text}`;
  showEndings(level);
}
