"use strict";
// Numbers as people read them.

const number = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });

function percent(x, digits = 1) {
  return Number.isFinite(x) ? `${number(digits).format(100 * x)} %` : "—";
}

// A probability with its bound where nothing was seen.
function probability(estimate) {
  if (!estimate) return "—";
  const { value, high } = estimate;
  if (value === 0) return high === 0 ? "none" : `< ${smallPercent(high)}`;
  return smallPercent(value);
}

function smallPercent(p) {
  if (!Number.isFinite(p)) return "—";
  if (p > 0 && p < 1e-5) return p.toExponential(1);
  const digits = p >= 0.1 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(Math.max(p, 1e-6) * 100)));
  return percent(p, Math.max(1, digits));
}

function interval(estimate) {
  if (!estimate || estimate.low === estimate.high) return "";
  const ends = (show) => [show(estimate.low), show(estimate.high)];
  let [low, high] = ends(smallPercent);
  // Narrow intervals need more digits than the values in them.
  for (let digits = 2; low === high && digits <= 6; digits += 1) [low, high] = ends((p) => percent(p, digits));
  return `${low} to ${high}`;
}

function price(x) {
  if (x === null || x === undefined) return "out of reach";
  const digits = Math.max(2, 5 - Math.floor(Math.log10(Math.abs(x) || 1)));
  return number(Math.min(digits, 10)).format(x);
}

function days(d) {
  if (!Number.isFinite(d)) return "—";
  const hours = 24 * d;
  if (hours < 1) return `${Math.max(1, Math.round(60 * hours))} min`;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${d.toFixed(d < 100 ? 1 : 0)} d`;
}

const times = (leverage) => `${number(2).format(leverage)}x`;
const words = (key) => key.replaceAll("_", " ");
