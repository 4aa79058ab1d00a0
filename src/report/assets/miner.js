"use strict";
// A miner's pictures and tiles: what the network pays, when the debt is lost, and what stands against it.

const hashprice = (x) => (Number.isFinite(x) ? number(x >= 100 ? 1 : 2).format(x) : "—");
const loanToValue = (leverage) => 1 - 1 / leverage;

function hashpriceChart({ run, level }) {
  const points = run.network?.hashprice_over_time ?? [];
  if (points.length < 2) return null;
  const keys = Object.keys(points[0].quantiles);
  const x = points.map((p) => p.days);
  const quantiles = Object.fromEntries(keys.map((key) => [key, points.map((p) => p.quantiles[key])]));
  const start = level.start;
  const lines = [
    ["shutdown_hashprice", "machines pay no power", "bad", "solid", "insideStartBottom"],
    ["break_even_hashprice", "all costs paid", "quiet", "dashed", "insideEndTop"],
    ["break_even_hashprice_with_debt", "costs and instalments paid", "stop", "dashed", "insideStartTop"],
  ].filter(([key], i) => start && Number.isFinite(start[key]) && !(i === 2 && start[key] === start.break_even_hashprice));
  const shown = [...Object.values(quantiles).flat(), ...lines.map(([key]) => start[key]), run.network.hashprice_at_start];
  const [low, high] = niceEnds(Math.min(...shown), Math.max(...shown));
  const last = points.at(-1).quantiles;
  return {
    options: base({
      ...overTime("", { min: low, max: high, axisLabel: { formatter: hashprice } }),
      tooltip: fanTooltip(x, quantiles, hashprice),
      series: [...fanSeries(x, quantiles), { type: "line", data: [], markLine: marks(lines.map(([key, name, c, type, position]) => marker("yAxis", start[key], `${name}: ${hashprice(start[key])}`, c, type, position))) }],
    }),
    say: `Hashprice, what a petahash per second earns a day: ${hashprice(run.network.hashprice_at_start)} now, after ${days(x.at(-1))} ${hashprice(last["0.5"])} in the middle and ${hashprice(last["0.05"])} to ${hashprice(last["0.95"])} in nine of ten cases. Lines: the miner's at ${times(level.leverage)}, at the start.`,
    table: { head: ["Day", ...keys.map((p) => percent(+p))], rows: x.map((day, k) => [number(2).format(day), ...keys.map((p) => hashprice(quantiles[p][k]))]) },
  };
}

function defaultChart({ run, level }) {
  const known = run.levels.filter((l) => l.default_probability);
  if (known.length < 2) return null;
  const at = (pick, end) => known.map((l) => [loanToValue(l.leverage), pick(l)[end]]);
  const kinds = [
    ["Default", (l) => l.default_probability],
    ["Coins sold", (l) => l.coin_liquidation_probability],
  ].filter(([, pick], i) => i === 0 || known.some((l) => pick(l).value > 0));
  const x = known.map((l) => loanToValue(l.leverage));
  return {
    options: base({
      xAxis: { type: "value", name: "Debt over assets", min: Math.min(...x), max: Math.max(...x), axisLabel: { formatter: (p) => percent(p, 0) } },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: (p) => percent(p) } },
      tooltip: { valueFormatter: (p) => percent(p, 2) },
      series: [
        ...kinds.flatMap(([name, pick], i) => [...band(`${name}: 95 % interval`, at(pick, "low"), at(pick, "high"), i), line(name, at(pick, "value"), i, { showSymbol: true })]),
        { type: "line", data: [], markLine: marks([marker("xAxis", loanToValue(level.leverage), percent(loanToValue(level.leverage), 0))]) },
      ],
    }),
    say: `Probability of default on a bill or an instalment over debt, within ${days(run.horizon_days)}: ${probability(known[0].default_probability)} at ${percent(x[0], 0)} debt, ${probability(known.at(-1).default_probability)} at ${percent(x.at(-1), 0)}. Listed levels, joined by straight lines.`,
    table: { head: ["Debt over assets", ...kinds.flatMap(([name]) => [name, "95 % interval"])], rows: known.map((l) => [percent(loanToValue(l.leverage)), ...kinds.flatMap(([, pick]) => [probability(pick(l)), interval(pick(l))])]) },
  };
}

function cashChart({ level }) {
  const points = level.over_time ?? [];
  if (points.length < 2) return null;
  const keys = Object.keys(points[0].cash);
  const x = points.map((p) => p.days);
  const quantiles = Object.fromEntries(keys.map((key) => [key, points.map((p) => p.cash[key])]));
  return {
    options: base({
      ...overTime("", { min: 0, axisLabel: { formatter: (e) => percent(e) } }),
      tooltip: fanTooltip(x, quantiles, (e) => percent(e)),
      series: fanSeries(x, quantiles),
    }),
    say: `Cash at ${times(level.leverage)} as a share of the equity put up, 0 after a default: at the end ${percent(quantiles["0.05"].at(-1))}, ${percent(quantiles["0.5"].at(-1))} and ${percent(quantiles["0.95"].at(-1))} (5, 50 and 95 %).`,
    table: { head: ["Day", ...keys.map((p) => percent(+p))], rows: x.map((day, k) => [number(2).format(day), ...keys.map((p) => percent(quantiles[p][k]))]) },
  };
}

function coverChart({ level }) {
  const points = (level.over_time ?? []).filter((p) => [p.machines, p.coins, p.debt].every(Number.isFinite));
  if (points.length < 2) return null;
  const at = (pick) => points.map((p) => [p.days, pick(p)]);
  const last = points.at(-1);
  const stacked = (name, pick, i) => line(name, at(pick), i, { stack: "assets", lineStyle: { width: 1 }, areaStyle: { color: series(i), opacity: 0.3 } });
  return {
    options: base({
      ...overTime("", { min: 0, axisLabel: { formatter: (e) => percent(e) } }),
      tooltip: { valueFormatter: (e) => percent(e) },
      series: [
        stacked("Machines", (p) => p.machines, 1),
        stacked("Coins", (p) => p.coins, 2),
        line("Debt", at((p) => p.debt), 0, { lineStyle: { width: 2.5 } }),
      ],
    }),
    say: `What stands against the debt at ${times(level.leverage)}, medians of the paths without a default so far, as shares of the equity: after ${days(last.days)} machines ${percent(last.machines)}, coins ${percent(last.coins)}, debt ${percent(last.debt)}.`,
    table: { head: ["Day", "Machines", "Coins", "Debt"], rows: points.map((p) => [number(2).format(p.days), percent(p.machines), percent(p.coins), percent(p.debt)]) },
  };
}

function minerTiles(run, level) {
  // Levels between the listed ones have fewer numbers.
  const miner = level.start ? level : null;
  const time = hasTimes(run, level) ? level.time_to_liquidation_days : null;
  const off = run.network.curtailed_share;
  const only = "computed for listed levels only";
  return [
    ["Debt over assets", percent(loanToValue(level.leverage), 0), miner ? `${price(miner.start.debt)} owed` : ""],
    ["Hashprice needed", miner ? hashprice(miner.start.break_even_hashprice_with_debt) : "—", miner ? `${hashprice(run.network.hashprice_at_start)} now; power alone ${hashprice(miner.start.shutdown_hashprice)}` : only],
    ["Default", miner ? probability(miner.default_probability) : "—", miner ? interval(miner.default_probability) : only],
    ["Machines off", percent(off.value), "of the days, on average"],
    ["Median outcome", signed(level.return?.quantiles?.["0.5"]), `1 in 20 ends at ${signed(level.return?.quantiles?.["0.05"])} or worse`],
    ["Time to the loss", time ? days(time.p50) : "—", time ? "median of those that lose" : "too few losses"],
  ];
}

const MINER_FIGURES = [
  { title: "Hashprice and what it has to pay", draw: hashpriceChart },
  { title: "Default over debt", draw: defaultChart },
  { title: "Cash over time", draw: cashChart },
  { title: "Machines and coins against the debt", draw: coverChart },
];
