// Uses the page of `liqsim serve` in Chromium with real clicks and keys, at a desktop's and a phone's width, and says what it saw.
//
//   node serve.mjs BROWSER ADDRESS FOLDER [MOVES]
//
// FOLDER gets the profile, the downloaded report and the pictures. Speaks with the browser through its pipe; needs no package.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [browser, address, folder, moves = "40"] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const chrome = spawn(browser, ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", `--user-data-dir=${join(folder, "profile")}`, "--remote-debugging-pipe", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let [last, rest] = [0, ""];
const waiting = new Map();
chrome.stdio[4].on("data", (data) => {
  const parts = (rest + data).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    const known = waiting.get(message.id);
    if (!known) continue;
    waiting.delete(message.id);
    if (message.error) known.reject(new Error(`${known.method}: ${message.error.message}`));
    else known.resolve(message.result);
  }
});
let sessionId;
const send = (method, params = {}) => new Promise((resolve, reject) => {
  last += 1;
  waiting.set(last, { resolve, reject, method });
  chrome.stdio[3].write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
});
async function js(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true, userGesture: true });
  if (exceptionDetails) throw new Error(`${expression.slice(0, 100)}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return result.value;
}
async function until(expression, what) {
  for (let k = 0; k < 1200; k += 1) {
    if (await js(expression)) return;
    await pause(25);
  }
  throw new Error(`waited in vain for ${what ?? expression}`);
}
const FINE = `document.getElementById("state").dataset.state === "fine" && !document.getElementById("shown").classList.contains("stale")`;
const text = (selector) => js(`document.querySelector(${JSON.stringify(selector)})?.textContent`);

async function click(selector, at = 0.5) {
  const { x, y } = await js(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "center" }); const r = e.getBoundingClientRect(); return { x: r.x + r.width * ${at}, y: r.y + r.height / 2 }; })()`);
  for (const type of ["mousePressed", "mouseReleased"]) await send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
}
const KEYS = { ArrowRight: 39, ArrowLeft: 37, Tab: 9, Enter: 13, Backspace: 8 };
async function key(name, modifiers = 0) {
  const event = { key: name, code: name, windowsVirtualKeyCode: KEYS[name], modifiers };
  await send("Input.dispatchKeyEvent", { ...event, type: "rawKeyDown" });
  if (name === "Enter") await send("Input.dispatchKeyEvent", { ...event, type: "char", text: "\r" });
  await send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
}
async function type(selector, value) {
  await click(selector);
  await js(`document.querySelector(${JSON.stringify(selector)}).select()`);
  await send("Input.insertText", { text: value });
}
async function picture(name) {
  const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, ...(name.endsWith("-view") ? { captureBeyondViewport: false } : {}) });
  writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
}
const axe = async () => (await js(`axe.run(document, { resultTypes: ["violations"] })`)).violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((node) => node.target).slice(0, 3).join(" ")}`);
const size = (width, height, mobile) => send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
const overflow = () => js("document.documentElement.scrollWidth - innerWidth");

const found = {};
try {
  const { targetInfos } = await send("Target.getTargets");
  ({ sessionId } = await send("Target.attachToTarget", { targetId: targetInfos.find((t) => t.type === "page").targetId, flatten: true }));
  await send("Page.enable");
  await send("Runtime.enable");
  await send("Page.addScriptToEvaluateOnNewDocument", { source: readFileSync(join(here, "before.js"), "utf8") });
  await send("Browser.grantPermissions", { permissions: ["clipboardReadWrite", "clipboardSanitizedWrite"] });
  await send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  await size(1280, 1100, false);
  await send("Page.navigate", { url: address });
  await until(`document.getElementById("state") && ${FINE}`, "the first answer");
  await js(readFileSync(join(here, "axe.min.js"), "utf8"));
  await pause(100);
  found.start = { number: await text("#number-value"), sentence: await text("#sentence"), state: await text("#state"), changes: await text("#changes") };
  found.overflow = await overflow();
  await picture("desktop");

  // A click: the other side.
  await js(`[...document.querySelectorAll(".choice button")].find((b) => b.textContent === "short").id = "short"`);
  await click("#short");
  await until(`${FINE} && document.getElementById("changes").textContent.includes("short")`, "the short side");
  await pause(100);
  found.short = { number: await text("#number-value"), sentence: await text("#sentence"), changes: await text("#changes"), pressed: await js(`document.getElementById("short").getAttribute("aria-pressed")`) };
  await picture("changed");
  await click("#changes button");
  await until(`${FINE} && document.getElementById("changes").textContent.startsWith("As in")`, "the undone change");
  found.undone = { number: await text("#number-value") };

  // Keys on the slider of the volatility, each from the event to the painted number.
  await js(`(() => {
    const label = [...document.querySelectorAll("label")].find((l) => l.textContent.toLowerCase().endsWith("volatility"));
    label.closest(".field").querySelector("input[type=range]").id = "volatility";
    window.times_to_paint = [];
    let since = null;
    document.addEventListener("input", () => { since ??= performance.now(); }, true);
    new MutationObserver(() => {
      if (since === null || document.getElementById("shown").classList.contains("stale")) return;
      const start = since;
      since = null;
      requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => window.times_to_paint.push(performance.now() - start); port2.postMessage(0); });
    }).observe(document.getElementById("number-value"), { childList: true });
  })()`);
  await js(`document.getElementById("volatility").focus()`);
  for (let k = 0; k < Number(moves); k += 1) {
    await key(k % 8 < 4 ? "ArrowRight" : "ArrowLeft");
    await until(`window.times_to_paint.length > ${k}`, "a painted number");
    await pause(30);
  }
  await key("ArrowRight");
  await until(FINE);
  found.times = await js("window.times_to_paint");
  found.moved = { number: await text("#number-value"), changes: await text("#changes") };

  // Quick moves without waiting: the last one is what is shown.
  for (let k = 0; k < 30; k += 1) await key("ArrowRight");
  await until(FINE);
  await pause(100);
  found.quick = { changes: await text("#changes"), field: await js(`document.getElementById("volatility").closest(".field").querySelector("input[type=text]").value`), assumes: await text("#assumes") };

  // A level by a click in the picture, by keys, and by typing one that nobody listed.
  await click("#curve", 0.8);
  await until(FINE);
  found.clicked = { head: await text("#number-head"), hash: await js("location.hash") };
  await js(`document.getElementById("leverage-slider").focus()`);
  await key("ArrowLeft");
  await until(FINE);
  found.keyed = { head: await text("#number-head") };
  await type("#leverage", "4.37");
  await until(`${FINE} && document.getElementById("number-head").textContent.includes("4.37x")`, "a typed level");
  found.typed = { head: await text("#number-head"), sentence: await text("#sentence") };

  // A wrong value: the message at its field, the last answer stays.
  const kept = await text("#number-value");
  await js(`[...document.querySelectorAll("label")].find((l) => l.textContent === "Equity").closest(".field").id = "equity"`);
  await type("#equity input", "-5");
  await until(`document.getElementById("state").dataset.state === "wrong"`, "a refusal");
  await pause(100);
  found.wrong = { message: await text("#equity .wrong"), invalid: await js(`document.querySelector("#equity input").getAttribute("aria-invalid")`), kept: kept === (await text("#number-value")), state: await text("#state") };
  await picture("wrong");
  found.wrong.violations = await axe();
  await type("#equity input", "7000");
  await until(FINE);
  found.mended = { message: await text("#equity .wrong"), hidden: await js(`document.querySelector("#equity .wrong").hidden`) };

  // What is taken along.
  await click("#copy-toml");
  await until(`document.getElementById("toast").textContent !== ""`);
  found.toml = await js("navigator.clipboard.readText()");
  await click("#copy-command");
  await until(`document.getElementById("toast").textContent.includes("ommand")`);
  found.command = await js("navigator.clipboard.readText()");
  await click("#report");
  await until(`document.getElementById("toast").textContent.includes("Report saved")`, "the report");
  for (let k = 0; k < 100 && !found.report; k += 1) {
    found.report = readdirSync(folder).find((name) => name.endsWith(".html"));
    await pause(50);
  }

  // Tab reaches every control, and what has the focus is seen.
  await js("document.activeElement.blur(); scrollTo(0, 0)");
  const reached = new Set();
  for (let k = 0; k < 60; k += 1) {
    await key("Tab");
    reached.add(await js(`document.activeElement.id || document.activeElement.textContent.slice(0, 30)`));
  }
  found.reached = [...reached];

  // Everything open, light and dark, desktop and phone.
  await js(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`);
  await pause(300);
  found.light = await axe();
  await click("#theme");
  await pause(200);
  found.dark = await axe();
  await picture("dark");
  await js(`document.querySelectorAll("details").forEach((d) => { d.open = false; }); document.getElementById("theme").click()`);
  await size(390, 844, true);
  await pause(400);
  found.phone = { overflow: await overflow(), violations: await axe() };
  await js("scrollTo(0, 0)");
  await picture("phone");
  await js("scrollTo(0, document.body.scrollHeight / 2)");
  await pause(300);
  found.phone.mini = await js(`getComputedStyle(document.getElementById("mini")).display`);
  await size(320, 700, true);
  await pause(300);
  found.narrow = { overflow: await overflow() };
  await size(1280, 1100, false);
  await click("#reset");
  await until(FINE);
  await pause(150);
  found.reset = { number: await text("#number-value"), changes: await text("#changes"), disabled: await js(`document.getElementById("reset").disabled`) };
  found.errors = await js("window.found.errors");
} catch (error) {
  found.failure = String(error.stack ?? error);
  try { found.errors = await js("window.found.errors"); await picture("failure"); } catch { /* the page is gone */ }
}
console.log(JSON.stringify(found));
try { sessionId = undefined; await Promise.race([send("Browser.close"), pause(2000)]); } catch { /* it has gone */ }
chrome.kill();
process.exit(0);
