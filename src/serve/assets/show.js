"use strict";
// What an answer says: state, sentence, number, picture, tiles, table.

const $ = (id) => document.getElementById(id);

const pointsOf = (result) => (result.curve?.length > result.levels.length ? result.curve : result.levels);
const levelAt = (result, leverage) => result.levels.find((level) => level.leverage === leverage) ?? pointsOf(result).find((level) => level.leverage === leverage);

function showState(kind, text) {
  $("state").dataset.state = kind;
  $("state").lastElementChild.textContent = text;
  $("bar").className = kind === "fine" ? "bar" : kind === "wrong" ? "bar wrong" : "bar coarse";
}

function showNumber(leverage, estimate) {
  $("number-head").textContent = leverage === null ? "Liquidated" : `Liquidated at ${times(leverage)}`;
  $("number-value").textContent = probability(estimate);
  const range = interval(estimate);
  $("number-range").textContent = range ? `95 % interval ${range}` : "upper end of the 95 % interval";
}

function quantile(level, p) {
  return level.return?.quantiles?.[p] ?? level.quantiles?.[p];
}

function showTiles(level, isCoarse) {
  const time = level.time_to_liquidation_days?.p50 ?? level.median_time_to_liquidation_days;
  const digits = isCoarse ? 0 : 1;
  const tiles = [
    ["Liquidation price", price(level.liquidation_price), level.bankruptcy_price ? `bankrupt at ${price(level.bankruptcy_price)}` : ""],
    ["Any loss", probability(level.loss_probability), interval(level.loss_probability)],
    ["Median outcome", signed(quantile(level, "0.5"), digits), level.mean_return ? `mean ${signed(level.mean_return.value, digits)}` : ""],
    ["Bad case, 5 %", signed(quantile(level, "0.05"), digits), "1 in 20 is worse"],
    ["Good case, 95 %", signed(quantile(level, "0.95"), digits), "1 in 20 is better"],
    ["Time to liquidation", time == null ? "—" : days(time), "median of the liquidated"],
  ];
  $("numbers").replaceChildren(...tiles.map(([head, value, more]) => element("div", {}, element("dt", {}, head), element("dd", {}, value), element("dd", { class: "more" }, more))));
}

function showTable(result) {
  const head = ["Leverage", "Liquidation price", "Liquidated", "95 % interval", "Mean", "5 %", "Median", "95 %"];
  const rows = result.levels.map((level) => [times(level.leverage), price(level.liquidation_price), probability(level.liquidation_probability), interval(level.liquidation_probability),
    signed(level.mean_return?.value), signed(quantile(level, "0.05")), signed(quantile(level, "0.5")), signed(quantile(level, "0.95"))]);
  $("levels").replaceChildren(
    element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
    element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))))));
}

function showWarnings(warnings, leftOut) {
  const all = [...(leftOut.length ? [`Left out, because the venue does not allow them here: ${leftOut.map(times).join(", ")}.`] : []), ...warnings];
  $("warnings").replaceChildren(...all.map((text) => element("p", { class: "warning" }, text)));
}

const countOf = (paths) => `${number(0).format(paths)} paths`;

// An answer as a whole; what is below the number waits for the next picture.
function showAnswer(answer, isFine) {
  const { result, leverage } = answer;
  const level = (leverage !== null && levelAt(result, leverage)) || result.levels[0];
  showState(isFine ? "fine" : "coarse", isFine ? `Fine · ${countOf(result.paths)}` : `Coarse · ${countOf(result.paths)}, getting finer`);
  showNumber(leverage, level.liquidation_probability);
  $("sentence").textContent = answer.sentence ?? result.answer ?? "";
  $("shown").classList.remove("stale");
  $("mini").textContent = `${leverage === null ? "" : `${times(leverage)} · `}${probability(level.liquidation_probability)} liquidated · ${isFine ? "fine" : "coarse"}`;
  if (isFine) $("spoken").textContent = answer.sentence ?? result.answer ?? "";
  showTiles(level, !isFine);
  $("assumes").textContent = answer.assumptions;
  // With few paths there is much to warn of that more paths settle.
  if (isFine) showWarnings(answer.warnings, answer.left_out);
  if (answer.stage > 0) showTable(result);
}
