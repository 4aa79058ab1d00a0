"use strict";
// Wires the page: what moves is asked at once, coarse first; the newest question takes the place of the older.

const desk = {
  start: null, changes: new Map(), leverage: null, fields: [],
  answer: null, full: null, isFine: false, before: null, label: "the file", isLog: false,
  moves: 0, asking: null, isCoarseAsked: false,
};
let lever;
// Milliseconds without a move after which the finer answer is asked for.
const PAUSE = 150;

const question = (stage) => ({ changes: [...desk.changes.values()].map(({ path, value }) => ({ path, value })), leverage: desk.leverage, stage });
const post = (name, stage, signal) => fetch(name, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question(stage)), signal });

// ---- what moves

const sayChanges = () => JSON.stringify(question(0).changes);

const startsWith = (path, head) => head.every((step, i) => path[i] === step);
const valueOf = (field) => (desk.changes.has(field.key) ? desk.changes.get(field.key).value : field.value);

function change(field, value) {
  const path = value === null ? field.taken_out : field.path;
  const isAsInFile = value === field.value || (value === null && field.value === null) || (value !== null && field.value !== null && shown(field, value) === shown(field, field.value));
  desk.changes.delete(field.key);
  // What is in a table that goes, or that is replaced, goes with it.
  if (!isAsInFile) {
    for (const [key, other] of desk.changes) if (startsWith(other.path, path)) desk.changes.delete(key);
    desk.changes.set(field.key, { field, path, value });
  }
  moved();
}

function choose(leverage) {
  desk.leverage = leverage;
  const level = desk.full?.of === sayChanges() && levelAt(desk.full.result, leverage);
  if (level) showNumber(leverage, level.liquidation_probability);
  moved();
}

function moved() {
  desk.moves += 1;
  $("shown").classList.add("stale");
  $("report").disabled = true;
  history.replaceState(null, "", desk.leverage === null ? " " : `#${times(desk.leverage)}`);
  // A coarse answer on its way is let through, or a steady hand would never see one.
  if (!desk.isCoarseAsked) ask(0);
  later();
}

async function ask(stage) {
  desk.asking?.abort();
  const asking = new AbortController();
  desk.asking = asking;
  desk.isCoarseAsked = stage === 0;
  const [moves, of] = [desk.moves, sayChanges()];
  let status, body;
  try {
    const response = await post("run", stage, asking.signal);
    [status, body] = [response.status, await response.json()];
  } catch (error) {
    if (asking.signal.aborted) return;
    [status, body] = [0, null];
  }
  if (desk.asking !== asking) return;
  desk.isCoarseAsked = false;
  if (status === 200) receive({ ...body, of }, moves);
  else if (status === 422 && moves === desk.moves) refuse(body.problems);
  else if (status !== 422 && status !== 409) {
    showState("wrong", "No answer from the program: start it again with liqsim serve");
    return;
  }
  if (moves !== desk.moves) ask(0);
  else if (status === 409) setTimeout(() => { if (desk.asking === asking) ask(stage); }, 200);
  else if (status === 200 && body.stage + 1 < body.stages) {
    // Finer answers take all cores, which whoever still moves needs for what he sees.
    setTimeout(() => { if (desk.asking === asking && moves === desk.moves) ask(body.stage + 1); }, body.stage === 0 ? PAUSE : 0);
  }
}

// ---- what is said

function receive(answer, moves) {
  const isNewest = moves === desk.moves;
  desk.answer = answer;
  // The first answer is of one level.
  if (answer.stage > 0) desk.full = answer;
  desk.isFine = isNewest && answer.stage + 1 === answer.stages;
  if (desk.leverage === null) desk.leverage = answer.leverage;
  if (isNewest) problems([]);
  showAnswer(answer, desk.isFine);
  $("report").disabled = !desk.isFine;
  if (desk.isFine && !desk.before) remember("the file");
  later();
  if (desk.isFine && $("text-fold").open) showText();
}

function refuse(list) {
  problems(list);
  showState("wrong", desk.answer ? "Shown: the last valid scenario" : "There is no answer to this");
}

function problems(list) {
  const rest = [];
  const found = new Map();
  for (const { key, message, help } of list) {
    const text = help ? `${message}. ${help}` : message;
    const near = desk.fields.filter((field) => key && (field.key === key || key.startsWith(`${field.key}[`) || field.key.startsWith(`${key}.`)));
    const field = near.find((field) => field.key === key) ?? near.find((field) => desk.changes.has(field.key));
    if (key?.startsWith("account.leverage") && desk.start.levels.length) found.set(lever, text);
    else if (field) found.set(field, text);
    if (!field?.first && !key?.startsWith("account.leverage")) rest.push(text);
  }
  for (const field of [lever, ...desk.fields]) field.problem(found.get(field) ?? "");
  $("problem").hidden = rest.length === 0;
  $("problem").textContent = rest.join(" ");
}

function remember(label) {
  const { result, leverage } = desk.answer;
  desk.before = { points: pointsOf(result), leverage, estimate: (levelAt(result, leverage) ?? result.levels[0]).liquidation_probability, changes: new Map(desk.changes) };
  desk.label = label;
}

function showChanges() {
  const box = $("changes");
  if (!desk.before) return;
  const chips = [];
  const chip = (text, undo) => {
    const button = element("button", { type: "button", title: "Undo this change" }, `${text} ×`);
    button.addEventListener("click", undo);
    chips.push(button);
  };
  const { before } = desk;
  if (before.leverage !== null && desk.leverage !== before.leverage) chip(`${times(before.leverage)} → ${times(desk.leverage)}`, () => choose(before.leverage));
  for (const field of desk.fields) {
    const old = before.changes.has(field.key) ? before.changes.get(field.key).value : field.value;
    const now = valueOf(field);
    if (shown(field, old) === shown(field, now)) continue;
    const say = (value) => (shown(field, value) === "" ? "none" : `${shown(field, value)}${field.kind === "ratio" ? " %" : ""}`);
    chip(`${nameOf(field).toLowerCase()} ${say(old)} → ${say(now)}`, () => change(field, old));
  }
  if (!chips.length) {
    box.replaceChildren(element("span", { class: "quiet" }, `As in ${desk.label}. Move anything; the change is shown against it.`));
    return;
  }
  const pin = element("button", { type: "button", id: "pin" }, "Compare with this from now on");
  pin.disabled = !desk.isFine;
  pin.addEventListener("click", () => { remember("the pinned one"); later(); });
  box.replaceChildren(element("span", { class: "quiet" }, `Against ${desk.label} (${probability(before.estimate)}):`), ...chips, pin);
}

function showCurve() {
  const { result, leverage, of } = desk.answer;
  if (!desk.full || leverage === null) return;
  const levels = pointsOf(desk.full.result);
  const level = levelAt(result, leverage);
  const isChanged = desk.before && (desk.changes.size > 0 || desk.before.changes.size > 0);
  drawCurve($("curve"), {
    levels, isOld: desk.full.of !== of, before: isChanged ? desk.before.points : null, leverage, estimate: level?.liquidation_probability,
    safe: desk.full.result.safe_leverage?.[0]?.low, isLog: desk.isLog, isCoarse: !desk.isFine,
    onChoose: (at) => choose(levels.reduce((a, b) => (Math.abs(Math.log(b.leverage / at)) < Math.abs(Math.log(a.leverage / at)) ? b : a)).leverage),
  });
  const key = ["line: liquidated", "shade: 95 % interval"];
  if (isChanged) key.push(`dotted: liquidated, ${desk.label}`);
  if (levels.some((l) => l.exits?.stopped)) key.push("dashed: stopped");
  $("key").textContent = key.join(" · ");
}

function showControls() {
  for (const field of desk.fields) {
    field.set(valueOf(field));
    field.made.classList.toggle("changed", desk.changes.has(field.key));
  }
  const levels = desk.full ? pointsOf(desk.full.result).map((level) => level.leverage) : desk.start.levels;
  const level = desk.answer && levelAt(desk.answer.result, desk.leverage);
  if (desk.leverage !== null && desk.start.levels.length) lever.set(levels, desk.leverage, `${times(desk.leverage)}${level ? `, liquidated ${probability(level.liquidation_probability)}` : ""}`);
  $("reset").disabled = desk.changes.size === 0 && desk.label === "the file" && desk.leverage === desk.before?.leverage;
}

// The number is painted first; the rest once in the next picture, however often something moved.
let isLater = false;
function later() {
  if (isLater) return;
  isLater = true;
  requestAnimationFrame(() => setTimeout(() => {
    isLater = false;
    showControls();
    showChanges();
    if (desk.answer) showCurve();
  }));
}

// ---- what is taken along

function toast(text) {
  $("toast").textContent = text;
  setTimeout(() => { if ($("toast").textContent === text) $("toast").textContent = ""; }, 4000);
}

async function texts() {
  const response = await post("text", 0);
  if (response.ok) return response.json();
  if (response.status === 422) refuse((await response.json()).problems);
  return null;
}

async function showText() {
  const found = await texts();
  if (found) $("text").textContent = found.toml;
}

async function copy(key, said) {
  const found = await texts();
  if (!found) return toast("Nothing was copied: the scenario is not valid");
  $("text").textContent = found.toml;
  try {
    await navigator.clipboard.writeText(found[key]);
    toast(said);
  } catch {
    if (key === "command") $("text").textContent = found.command;
    $("text-fold").open = true;
    toast("The browser does not allow copying; the text stands below");
  }
}

async function download() {
  $("report").disabled = true;
  const response = await post("report", 0);
  if (response.ok) {
    const link = element("a", { href: URL.createObjectURL(await response.blob()), download: `${desk.answer.result.scenario.replace(/[^\p{L}\p{N} ._-]+/gu, " ").trim() || "report"}.html` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    toast("Report saved");
  } else toast("No report: something has moved meanwhile; press again");
  $("report").disabled = !desk.isFine;
}

// ---- the beginning

function build(start) {
  desk.start = start;
  desk.fields = start.fields;
  $("file").textContent = start.is_file ? start.file : `${start.file} (an example)`;
  document.title = `What if: ${start.name} · liqsim`;
  lever = leverageControl(choose, (text) => {
    const leverage = Number(text.replace(/x$/, ""));
    if (leverage > 0) choose(leverage);
    else lever.problem("leverage is a positive number, such as 5");
  });
  let heading = null;
  for (const field of start.fields.filter((field) => field.first)) {
    if (heading !== field.first[0]) {
      heading = field.first[0];
      $("first").append(element("h2", {}, heading));
      if (heading === "Position" && start.levels.length) $("first").append(lever.made);
    }
    $("first").append(control(field, change));
  }
  const tables = new Map();
  for (const field of start.fields.filter((field) => !field.first)) {
    if (!tables.has(field.table)) tables.set(field.table, element("details", {}, element("summary", {}, field.table)));
    tables.get(field.table).append(control(field, change));
  }
  $("others").append(...tables.values());
  $("text").textContent = start.toml;
}

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", String(dark));
}

(async () => {
  const preference = matchMedia("(prefers-color-scheme: dark)");
  setTheme(preference.matches);
  preference.addEventListener("change", () => setTheme(preference.matches));
  $("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));
  build(await (await fetch("scenario")).json());
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("copy-toml").addEventListener("click", () => copy("toml", "Scenario copied"));
  $("copy-command").addEventListener("click", () => copy("command", desk.start.is_file ? "Command copied" : `Command copied: save the example as ${desk.start.file} first`));
  $("report").addEventListener("click", download);
  $("reset").addEventListener("click", () => {
    desk.changes.clear();
    desk.leverage = null;
    desk.before = null;
    for (const field of desk.fields) field.set(field.value);
    moved();
  });
  for (const button of document.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => {
      desk.isLog = button.dataset.scale === "log";
      for (const other of document.querySelectorAll("[data-scale]")) other.setAttribute("aria-pressed", String(other === button));
      later();
    });
  }
  $("text-fold").addEventListener("toggle", () => { if ($("text-fold").open) showText(); });
  new ResizeObserver(later).observe($("curve"));
  // On a phone the answer stays in sight.
  new IntersectionObserver(([entry]) => $("mini").classList.toggle("on", !entry.isIntersecting)).observe($("answer"));
  const asked = parseFloat(location.hash.slice(1));
  if (asked > 0 && desk.start.levels.length) desk.leverage = asked;
  ask(0);
})();
