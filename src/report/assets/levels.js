"use strict";
// The levels of a run that can be chosen: every one was computed, nothing is read between two of them.

// Listed levels whole, and between them those of the curve, which have fewer numbers.
function levelsOf(run) {
  if (run.chosable) return run.chosable;
  const listed = new Map(run.levels.map((level) => [level.leverage, level]));
  const between = (run.curve ?? []).filter((point) => !listed.has(point.leverage)).map((point) => ({
    ...point,
    return: { quantiles: point.quantiles ?? {} },
    time_to_liquidation_days: point.median_time_to_liquidation_days == null ? null : { p50: point.median_time_to_liquidation_days },
    isListed: false,
  }));
  const whole = run.levels.map((level) => ({ ...level, isListed: true }));
  run.chosable = [...whole, ...between].sort((a, b) => a.leverage - b.leverage);
  return run.chosable;
}

// The computed level nearest to a leverage, by ratio.
function nearestLevel(run, leverage) {
  const far = (level) => Math.abs(Math.log(level.leverage / leverage));
  return levelsOf(run).reduce((a, b) => (far(b) < far(a) ? b : a));
}

// Whether a result has enough liquidated paths for the times of them.
const hasTimes = (run, level) => (level.liquidation_probability?.value ?? 0) * (run.paths ?? 0) >= 100;

// Edges of the bins: stored by their ends and of equal ratio.
function edgesOf({ edges, low, high, probabilities }) {
  const count = probabilities.length;
  return edges ?? Array.from({ length: count + 1 }, (_, i) => low * (high / low) ** (i / count));
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
