"use strict";
// The picture: probability over leverage, every point computed.

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const TICKS = [0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 500, 1000];

// What is drawn: `levels` and `before` by rising leverage, the chosen leverage, the safe one, the scale. Levels that are of an older
// question are dotted until those of the newest are there.
function drawCurve(box, { levels, isOld, before, leverage, estimate, safe, isLog, isCoarse, onChoose }) {
  const width = Math.max(280, box.clientWidth);
  const narrow = width < 520;
  const height = narrow ? 290 : 330;
  const [left, right, top, bottom] = [50, width - (narrow ? 14 : 30), 28, height - 40];
  const [from, to] = [levels[0].leverage, levels.at(-1).leverage];
  const span = Math.log(to / from) || 1;
  const x = (at) => left + ((right - left) * Math.log(at / from)) / span;
  const seen = levels.map((level) => level.liquidation_probability).filter((e) => e.value > 0).map((e) => e.value);
  const floor = isLog ? Math.max(1e-7, 10 ** Math.floor(Math.log10(Math.min(0.01, ...seen)))) : 0;
  const share = (p) => (isLog ? Math.log(Math.max(p, floor) / floor) / Math.log(1 / floor) : p);
  const y = (p) => bottom - (bottom - top) * share(p);
  const picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, height, "aria-hidden": "true" });
  const add = (name, attributes, text) => picture.append(shape(name, attributes, text));
  const path = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
  const rungs = isLog ? Array.from({ length: Math.round(-Math.log10(floor)) + 1 }, (_, i) => 10 ** -i) : [0, 0.2, 0.4, 0.6, 0.8, 1];
  if (safe > from && !isOld) {
    const edge = x(Math.min(safe, to));
    add("rect", { class: "safe", x: left, y: top, width: edge - left, height: bottom - top });
    add("line", { class: "safe-edge", x1: edge, x2: edge, y1: top, y2: bottom });
    if (edge - left > 165) add("text", { class: "safe-text", x: left + 8, y: top + 16 }, `1 % or less up to ${times(Math.floor(safe * 100) / 100)}`);
  }
  for (const p of rungs) {
    add("line", { class: "rule", x1: left, x2: right, y1: y(p), y2: y(p) });
    add("text", { x: left - 8, y: y(p) + 4, "text-anchor": "end" }, `${Number((100 * p).toPrecision(3))} %`);
  }
  let last = -100;
  for (const tick of TICKS.filter((tick) => tick >= from && tick <= to)) {
    if (x(tick) - last < 34) continue;
    last = x(tick);
    add("line", { class: "axis", x1: last, x2: last, y1: bottom, y2: bottom + 5 });
    add("text", { x: last, y: bottom + 19, "text-anchor": "middle" }, times(tick));
  }
  add("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
  add("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, "Leverage (logarithmic)");
  const probabilities = (list) => list.filter((level) => level.leverage >= from && level.leverage <= to).map((level) => [level.leverage, level.liquidation_probability]);
  const line = (list) => path(list.filter(([, e]) => !isLog || e.value > 0).map(([at, e]) => [x(at), y(e.value)]));
  if (before) add("path", { class: "before", d: line(probabilities(before)) });
  const points = probabilities(levels);
  if (points.length > 1 && !isOld) {
    add("path", { class: "band", d: `${path([...points.map(([at, e]) => [x(at), y(e.high)]), ...points.reverse().map(([at, e]) => [x(at), y(e.low)])])}Z` });
    points.reverse();
  }
  const stopped = levels.filter((level) => level.exits?.stopped).map((level) => [level.leverage, level.exits.stopped]);
  if (stopped.length > 1 && !isOld) add("path", { class: "stopped", d: line(stopped) });
  add("path", { class: isOld ? "before" : "line", d: line(points) });
  const at = x(Math.min(to, Math.max(from, leverage)));
  add("line", { class: "chosen", x1: at, x2: at, y1: top - 4, y2: bottom });
  if (estimate) {
    const high = y(estimate.value);
    const isLeft = at < left + 90;
    add("circle", { class: isCoarse ? "dot coarse" : "dot", cx: at, cy: high, r: 5.5 });
    add("text", { class: "value", x: at + (isLeft ? 11 : -11), y: Math.max(top + 14, Math.min(bottom - 8, high - 10)), "text-anchor": isLeft ? "start" : "end" }, probability(estimate));
  }
  box.replaceChildren(picture);
  box.onclick = (event) => {
    const area = picture.getBoundingClientRect();
    const place = ((event.clientX - area.left) * width) / area.width;
    onChoose(from * Math.exp((span * (Math.min(right, Math.max(left, place)) - left)) / (right - left)));
  };
  box.setAttribute("aria-label", `Probability of liquidation over leverage, from ${probability(points[0][1])} at ${times(from)} to ${probability(points.at(-1)[1])} at ${times(to)}; ${points.length} levels, each computed. At ${times(leverage)}: ${probability(estimate)}.`);
}
