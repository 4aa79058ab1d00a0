"use strict";
// The controls: one for each number or choice of the scenario, made from what its schema says.

const STEPS = 240;
const HORIZONS = ["1h", "4h", "12h", "1d", "2d", "3d", "5d", "7d", "10d", "14d", "21d", "30d", "45d", "60d", "90d", "120d", "180d", "270d", "365d"];
const SECONDS = { y: 31536000, w: 604800, d: 86400, h: 3600, m: 60, s: 1 };

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const tidy = (x, digits = 12) => String(Number(x.toPrecision(digits)));

function secondsOf(text) {
  const parts = [...String(text).matchAll(/([0-9.]+)\s*([ywdhms])/g)];
  return parts.length ? parts.reduce((sum, [, count, unit]) => sum + count * SECONDS[unit], 0) : NaN;
}

// A value of the scenario as it stands in its field: fractions as per cent.
function shown(field, value) {
  if (value === null || value === undefined) return "";
  if (field.kind !== "ratio") return String(value);
  if (typeof value === "number") return tidy(100 * value);
  const [, number, unit] = /^\s*([-+0-9_.]+)\s*(%|bp)\s*$/.exec(value) ?? [];
  if (!unit) return value;
  return tidy(Number(number.replaceAll("_", "")) / (unit === "bp" ? 100 : 1));
}

// What was typed as a value of the scenario; null takes it out. What is wrong is sent as it is, and the program says so.
function typed(field, text) {
  const clean = text.trim();
  if (clean === "") return null;
  if (field.kind === "flag") return clean === "true";
  if (field.kind === "choice" || field.kind === "duration") return clean;
  const number = Number(clean.replace(/\s*%$/, "").replaceAll(/[_,]/g, ""));
  if (!Number.isFinite(number)) return clean;
  return field.kind === "ratio" ? `${clean.replace(/\s*%$/, "").replaceAll(/[_,]/g, "")}%` : number;
}

// A slider's scale: from a step to the text of the field and back. Ends are round and within the range.
function scaleOf(field) {
  const start = Number(shown(field, field.value));
  if (field.kind === "duration") {
    if (!field.choices.length && Number.isFinite(secondsOf(field.value))) {
      const near = (text) => HORIZONS.reduce((best, h, i) => (Math.abs(Math.log(secondsOf(h) / secondsOf(text))) < Math.abs(Math.log(secondsOf(HORIZONS[best]) / secondsOf(text))) ? i : best), 0);
      return { steps: HORIZONS.length - 1, at: (step) => HORIZONS[step], step: near };
    }
    return null;
  }
  if (!["number", "ratio", "count"].includes(field.kind)) return null;
  const isStop = field.key === "policy.stop_loss.distance";
  if (!Number.isFinite(start) || (field.value === null && !isStop)) return null;
  const unit = field.kind === "ratio" ? 100 : 1;
  const [least, most] = [(field.low ?? -Infinity) * unit, (field.high ?? Infinity) * unit];
  const round = (x) => (field.kind === "count" ? String(Math.round(x)) : tidy(x, 3));
  if (start > 0 || isStop) {
    const [from, to] = isStop ? [0.5, 50] : [Math.max(start / 8, least), Math.min(start * 8, most)];
    if (!(from > 0 && to > from)) return null;
    const span = Math.log(to / from);
    return { steps: STEPS, at: (step) => round(from * Math.exp((span * step) / STEPS)), step: (text) => Math.round((STEPS * Math.log(Math.max(text, from) / from)) / span) };
  }
  const reach = start === 0 ? unit : Math.abs(8 * start);
  const [from, to] = [Math.max(start - reach, least), Math.min(start + reach, most)];
  return { steps: STEPS, at: (step) => round(from + ((to - from) * step) / STEPS), step: (text) => Math.round((STEPS * (text - from)) / (to - from)) };
}

function rangeOf(field) {
  const unit = field.kind === "ratio" ? 100 : 1;
  const sign = field.kind === "ratio" ? " %" : "";
  const parts = [];
  if (field.low !== undefined) parts.push(`from ${tidy(field.low * unit)}${sign}`);
  if (field.high !== undefined && field.high < 1e12) parts.push(`up to ${tidy(field.high * unit)}${sign}`);
  return parts.join(" ");
}

const unitOf = (field) => [field.kind === "ratio" ? "%" : "", field.unit].filter(Boolean).join(" ");
const nameOf = (field) => field.first?.[1] ?? words(String(field.path.at(-1)));

// A control: `field.set(value)` shows a value, `onChange(field, value)` tells of a new one.
function control(field, onChange) {
  const id = `field-${field.key}`;
  const name = nameOf(field);
  const help = element("p", { class: field.first ? "help hidden" : "help", id: `${id}-help` }, [field.help, rangeOf(field)].filter(Boolean).join("; "));
  const wrong = element("p", { class: "wrong", id: `${id}-wrong`, hidden: "" });
  const described = { "aria-describedby": `${id}-wrong ${id}-help` };
  const made = element("div", { class: "field" });
  made.title = field.help;
  field.made = made;
  field.problem = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
    for (const input of made.querySelectorAll("input, select")) input.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const isShort = field.choices.length > 0 && field.choices.length <= 3 && field.kind === "choice" && field.value !== null;
  if (isShort) {
    const buttons = field.choices.map((word) => {
      const button = element("button", { type: "button", "aria-pressed": "false" }, word);
      button.addEventListener("click", () => onChange(field, word));
      return button;
    });
    made.append(element("div", { class: "name", id }, name), element("div", { class: "choice", role: "group", "aria-labelledby": id, ...described }, ...buttons));
    field.set = (value) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === value)));
  } else if (field.kind === "choice" || field.kind === "flag") {
    const options = field.kind === "flag" ? ["true", "false"] : field.choices;
    const none = element("option", { value: "" }, field.key === "account.venue" ? "terms of the file" : "not set");
    const select = element("select", { id, class: "wide", ...described }, ...(field.value === null ? [none] : []), ...options.map((word) => element("option", { value: word }, word)));
    select.addEventListener("change", () => onChange(field, typed(field, select.value)));
    made.append(element("label", { for: id }, name), select);
    field.set = (value) => { select.value = value === null ? "" : String(value); };
  } else {
    const input = element("input", { type: "text", id, inputmode: field.kind === "duration" ? "text" : "decimal", placeholder: "not set", ...described });
    const entry = element("span", { class: "entry" }, input, ...(unitOf(field) ? [element("span", { class: "unit" }, unitOf(field))] : []));
    made.append(element("div", { class: "row" }, element("label", { for: id }, name), entry));
    if (field.choices.length) {
      input.setAttribute("list", `${id}-words`);
      made.append(element("datalist", { id: `${id}-words` }, ...field.choices.map((word) => element("option", { value: word }))));
    }
    const scale = scaleOf(field);
    const slider = scale && element("input", { type: "range", min: 0, max: scale.steps, step: 1, "aria-label": `${name}, slider` });
    if (slider) {
      slider.addEventListener("input", () => { input.value = scale.at(Number(slider.value)); onChange(field, typed(field, input.value)); });
      made.append(slider);
    }
    input.addEventListener("input", () => onChange(field, typed(field, input.value)));
    field.set = (value) => {
      const text = shown(field, value);
      if (document.activeElement !== input) input.value = text;
      if (!slider) return;
      if (document.activeElement !== slider) slider.value = text === "" ? scale.steps : scale.step(text);
      slider.setAttribute("aria-valuetext", text === "" ? "not set" : `${text} ${unitOf(field)}`.trim());
    };
  }
  made.append(wrong, help);
  field.set(field.value);
  return made;
}

// The level: the slider reaches those that were computed, the field any other.
function leverageControl(onChoose, onType) {
  const input = element("input", { type: "text", id: "leverage", inputmode: "decimal", "aria-describedby": "leverage-wrong" });
  const slider = element("input", { type: "range", id: "leverage-slider", min: 0, max: 1, step: 1, "aria-label": "Leverage, slider" });
  const wrong = element("p", { class: "wrong", id: "leverage-wrong", hidden: "" });
  let levels = [];
  slider.addEventListener("input", () => onChoose(levels[slider.value]));
  input.addEventListener("input", () => onType(input.value));
  const made = element("div", { class: "field" },
    element("div", { class: "row" }, element("label", { for: "leverage" }, "Leverage"), element("span", { class: "entry" }, input, element("span", { class: "unit" }, "x"))), slider, wrong);
  return {
    made,
    problem(text) { wrong.textContent = text; wrong.hidden = !text; input.setAttribute("aria-invalid", String(Boolean(text))); },
    set(all, leverage, said) {
      levels = all;
      slider.max = Math.max(0, all.length - 1);
      const far = (level) => Math.abs(Math.log(level / leverage));
      slider.value = all.indexOf(all.reduce((a, b) => (far(b) < far(a) ? b : a), all[0]));
      slider.setAttribute("aria-valuetext", said);
      if (document.activeElement !== input) input.value = tidy(leverage);
    },
  };
}
