"use strict";
// Uses the page as a reader would, and says what it saw.
(async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const found = window.found;
  const visible = () => [...document.querySelectorAll("figure")].filter((figure) => !figure.hidden);
  const marks = () => visible().map((figure) => ({
    title: figure.querySelector("h3").textContent,
    marks: figure.querySelectorAll(".plot svg path").length,
    texts: figure.querySelectorAll(".plot svg text").length,
    alternative: figure.querySelector(".plot").getAttribute("aria-label") ?? "",
    rows: figure.querySelectorAll("tbody tr").length,
  }));
  const drawing = () => Object.fromEntries(visible().map((figure) => [figure.querySelector("h3").textContent, figure.querySelector(".plot svg")?.outerHTML ?? ""]));
  const axe_says = async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.target).slice(0, 3).join(" ")}`);
  try {
    await pause();
    found.width = innerWidth;
    found.overflow = document.documentElement.scrollWidth - innerWidth;
    found.figures = marks();
    const slider = document.getElementById("leverage");
    const numbers = () => document.getElementById("numbers")?.textContent;
    if (slider) {
      found.before = { numbers: numbers(), leverage: document.getElementById("leverage-value").textContent, drawing: drawing() };
      const value = Number(slider.value);
      slider.value = value > slider.max / 2 ? value - 17 : value + 17;
      slider.dispatchEvent(new Event("input"));
      await pause();
      found.after = { numbers: numbers(), leverage: document.getElementById("leverage-value").textContent, drawing: drawing(), kind: document.getElementById("leverage-kind").textContent, spoken: slider.getAttribute("aria-valuetext") };
      document.querySelector("#level-buttons button").click();
      await pause();
      found.first = { leverage: document.getElementById("leverage-value").textContent, kind: document.getElementById("leverage-kind").textContent };
      for (const button of document.querySelectorAll(".switches button")) button.click();
      await pause();
      found.switched = marks();
    }
    const choice = document.querySelector(".choices select");
    if (choice) {
      // The last metric, then the last dimension across: the map must follow both.
      const map = () => document.querySelector(".choices").closest("section").querySelector(".plot svg").outerHTML;
      const maps = [map()];
      for (const k of [0, 1]) {
        const select = document.querySelectorAll(".choices select")[k];
        select.value = select.options[k === 0 ? select.options.length - 1 : 0].value;
        select.dispatchEvent(new Event("change"));
        await pause();
        maps.push(map());
      }
      found.maps = new Set(maps).size;
    }
    const background = () => getComputedStyle(document.body).backgroundColor;
    found.light = { background: background(), violations: await axe_says() };
    document.getElementById("theme").click();
    await pause();
    found.dark = { background: background(), violations: await axe_says(), figures: marks() };
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    await pause();
    found.open = { violations: await axe_says() };
    found.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  } catch (error) {
    found.errors.push(`test: ${error.stack ?? error}`);
  }
  const short = (text) => [text.length, [...text].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 0)];
  for (const moment of [found.before, found.after]) if (moment) moment.drawing = Object.fromEntries(Object.entries(moment.drawing).map(([title, text]) => [title, short(text)]));
  parent.postMessage(JSON.stringify(found), "*");
})();
