"use strict";
// Numbers as people read them, by the rules of the program's own sentences: per cent everywhere, the last digit is the largest
// power of ten not above the width of the interval, ends of intervals rounded outwards, bounds where nothing was seen.

const number = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
const fixed = (x, digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x);
const SMALLEST_SHOWN = 1e-5;

function percent(x, digits = 1) {
  return Number.isFinite(x) ? `${number(digits).format(100 * x)} %` : "—";
}

// Decimals of a per cent whose last digit is the largest power of ten not above a width.
function decimalsOf(width) {
  let [step, decimals] = [1, 0];
  for (; decimals < 3 && step > 100 * width; decimals += 1) step /= 10;
  return decimals;
}

function decimalsFor({ value, low, high }) {
  const most = value >= 0.1 ? 1 : value >= 0.01 ? 2 : 3;
  return Math.min(most, decimalsOf(high - low));
}

// A bound from above with one digit, rounded up.
function boundAbove(high) {
  let [unit, decimals] = [10, 0];
  while (unit > 100 * high * (1 + 1e-12) && decimals < 3) {
    unit /= 10;
    decimals += unit < 0.99 ? 1 : 0;
  }
  return `${fixed(Math.ceil((100 * high) / unit - 1e-9) * unit, decimals)} %`;
}

// A probability with its bound where nothing was seen.
function probability(estimate) {
  if (!estimate || !Number.isFinite(estimate.value)) return "—";
  const { value, low, high } = estimate;
  if (value === 0) return high === 0 ? "0 %" : `< ${boundAbove(Math.max(high, SMALLEST_SHOWN))}`;
  if (value < SMALLEST_SHOWN) return `< ${boundAbove(SMALLEST_SHOWN)}`;
  if (value === 1) return low === 1 ? "100 %" : `> ${fixed(100 * low, decimalsOf(1 - low))} %`;
  return `${fixed(100 * value, decimalsFor(estimate))} %`;
}

function interval(estimate) {
  if (!estimate || !(estimate.value >= SMALLEST_SHOWN) || estimate.value >= 1 || estimate.low === estimate.high) return "";
  const decimals = decimalsFor(estimate);
  const scale = 10 ** decimals;
  const low = Math.max(0, Math.floor(100 * estimate.low * scale + 1e-9) / scale);
  const high = Math.min(100, Math.ceil(100 * estimate.high * scale - 1e-9) / scale);
  return `${fixed(low, decimals)} to ${fixed(high, decimals)} %`;
}

// The interval that counts in errors of the parameters.
function intervalWithParameters(estimate) {
  const { low_with_parameters: low, high_with_parameters: high } = estimate;
  return high === undefined ? "" : interval({ ...estimate, low, high });
}

// How rare it is: "about 1 in 9".
function oneIn(estimate) {
  const value = estimate?.value;
  if (!(value > 0 && value <= 0.5)) return "";
  const unit = 10 ** Math.max(0, String(Math.floor(1 / value)).length - 2);
  return `about 1 in ${number(0).format(Math.round(1 / value / unit) * unit)}`;
}

// A probability without an interval, as on an axis.
function smallPercent(p) {
  if (!Number.isFinite(p)) return "—";
  const digits = p >= 0.1 || p === 0 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(Math.max(p, 1e-8) * 100)));
  return percent(p, Math.max(1, digits));
}

// A return with its sign: "+118 %".
function signed(x, digits = 1) {
  if (!Number.isFinite(x)) return "—";
  const shown = percent(Math.abs(x), Math.abs(x) >= 1 ? 0 : digits);
  return shown === "0 %" ? shown : `${x < 0 ? "−" : "+"}${shown}`;
}

function price(x) {
  if (x === null || x === undefined) return "out of reach";
  const digits = Math.abs(x) >= 1000 ? 0 : Math.max(2, 5 - Math.floor(Math.log10(Math.abs(x) || 1)));
  return number(Math.min(digits, 10)).format(x);
}

function days(d) {
  if (!Number.isFinite(d)) return "—";
  if (d === 0) return "0";
  const hours = 24 * d;
  if (hours < 1) return `${Math.max(1, Math.round(60 * hours))} min`;
  if (hours < 48) return `${number(hours < 10 ? 1 : 0).format(hours)} hours`;
  return `${number(d < 10 ? 1 : 0).format(d)} days`;
}

const times = (leverage) => `${number(2).format(leverage)}x`;
const words = (key) => key.replaceAll("_", " ");
