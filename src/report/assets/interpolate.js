"use strict";
// A level between two simulated ones: interpolated, never simulated again.

const PROBABILITY_KEYS = new Set(["liquidation_probability", "loss_probability"]);

const logit = (p) => Math.log(p / (1 - p));
const logistic = (x) => 1 / (1 + Math.exp(-x));
const linear = (a, b, t) => (t === 0 ? a : t === 1 ? b : a + (b - a) * t);

// Probabilities on the scale of log-odds, where both ends allow it.
function mixProbability(a, b, t) {
  const inside = (p) => p > 0 && p < 1;
  return inside(a) && inside(b) ? logistic(linear(logit(a), logit(b), t)) : linear(a, b, t);
}

// Any piece of a result: numbers are mixed, what does not match is taken from the nearer level.
function mix(a, b, t, number = linear) {
  if (typeof a === "number" && typeof b === "number") return number(a, b, t);
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) return a.map((x, i) => mix(x, b[i], t, number));
  if (isObject(a) && isObject(b)) {
    const mixed = {};
    for (const key of Object.keys(a)) {
      if (!(key in b)) continue;
      mixed[key] = mix(a[key], b[key], t, PROBABILITY_KEYS.has(key) ? mixProbability : number);
    }
    return mixed;
  }
  return t < 0.5 ? a : b;
}

const isObject = (x) => x !== null && typeof x === "object" && !Array.isArray(x);

// The level of a run at any leverage within its range.
function levelAt(run, leverage) {
  const levels = run.levels;
  const last = levels.length - 1;
  let i = levels.findIndex((level) => level.leverage >= leverage * (1 - 1e-9));
  if (i < 0) i = last;
  if (i === 0 || Math.abs(levels[i].leverage / leverage - 1) < 1e-9) return { ...levels[i], interpolated: false };
  const [a, b] = [levels[i - 1], levels[i]];
  const t = Math.log(leverage / a.leverage) / Math.log(b.leverage / a.leverage);
  const level = mix(a, b, t);
  // A liquidation price is linear in the collateral per unit, that is in 1/leverage.
  const s = (1 / leverage - 1 / a.leverage) / (1 / b.leverage - 1 / a.leverage);
  for (const key of ["liquidation_price", "bankruptcy_price"]) {
    level[key] = a[key] === null || b[key] === null ? null : linear(a[key], b[key], s);
  }
  level.leverage = leverage;
  level.distribution = mixDistribution(a.distribution, b.distribution, t);
  level.interpolated = true;
  level.between = [a.leverage, b.leverage];
  return level;
}

// Distributions are mixed by their quantiles, so that a shape moves instead of one fading into another.
function mixDistribution(a, b, t) {
  if (!a || !b) return undefined;
  const count = 200;
  const from = quantilesOf(a, count);
  const to = quantilesOf(b, count);
  if (!from || !to) return t < 0.5 ? a : b;
  const total_loss = linear(a.total_loss, b.total_loss, t);
  const edges = from.map((x, i) => Math.exp(linear(Math.log(x), Math.log(to[i]), t)));
  return { total_loss, edges, probabilities: Array(count).fill((1 - total_loss) / count) };
}

// Edges of the bins: stored by their ends and of equal ratio.
function edgesOf({ edges, low, high, probabilities }) {
  const count = probabilities.length;
  return edges ?? Array.from({ length: count + 1 }, (_, i) => low * (high / low) ** (i / count));
}

// Quantiles at 0, 1/count, ..., 1 of what is not lost in full.
function quantilesOf(distribution, count) {
  const inside = distribution.probabilities.reduce((sum, p) => sum + p, 0);
  if (!(inside > 0)) return null;
  const { probabilities } = distribution;
  const edges = edgesOf(distribution);
  const result = [];
  let bin = 0;
  let below = 0;
  for (let k = 0; k <= count; k++) {
    const target = (k / count) * inside;
    while (bin < probabilities.length - 1 && below + probabilities[bin] < target) below += probabilities[bin++];
    const share = probabilities[bin] > 0 ? Math.min(1, (target - below) / probabilities[bin]) : 0;
    result.push(edges[bin] + share * (edges[bin + 1] - edges[bin]));
  }
  return result;
}

// Bins of equal width in the return, from those of closing equity.
function returnBins(distribution, count) {
  const { probabilities } = distribution;
  const edges = edgesOf(distribution);
  const low = edges[0] - 1;
  const high = edges[edges.length - 1] - 1;
  const step = niceStep((high - low) / count);
  const first = Math.floor(low / step + 1e-9);
  const bins = Array(Math.max(1, Math.ceil(high / step - 1e-9) - first)).fill(0);
  probabilities.forEach((p, i) => {
    const [from, to] = [(edges[i] - 1) / step - first, (edges[i + 1] - 1) / step - first];
    for (let k = Math.max(0, Math.floor(from)); k < Math.min(bins.length, Math.ceil(to)); k++) {
      const part = to > from ? (Math.min(to, k + 1) - Math.max(from, k)) / (to - from) : 1;
      if (part > 0) bins[k] += p * part;
    }
  });
  return bins.map((probability, k) => ({ low: (first + k) * step, high: (first + k + 1) * step, probability }));
}

function niceStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 5, 10].map((m) => m * power).find((nice) => nice >= step * (1 - 1e-9)) ?? 10 * power;
}
