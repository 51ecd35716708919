// Opens report pages from disk in a real browser and tells what is wrong with
// them: node check.js CHROMIUM OUT NAME=FILE...
"use strict";
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Browser } = require("./browser.js");
const { interactions } = require("./interactions.js");

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const problems = [];
const wrong = (page, text) => { problems.push(`${page}: ${text}`); console.log(`WRONG ${page}: ${text}`); };

// quiet checks that the page said nothing and asked for nothing but itself.
function quiet(page, name, url) {
  for (const text of page.said) wrong(name, "the console says " + text);
  for (const asked of page.requests) if (asked.split("#")[0] !== url) wrong(name, "it asks for " + asked);
  if (!page.requests.length) wrong(name, "the browser did not even ask for the page");
}

// wide lists what reaches beyond the window, but for what scrolls by itself.
const wide = `(() => {
  const all = [];
  if (document.documentElement.scrollWidth > innerWidth) all.push("the page, " + document.documentElement.scrollWidth);
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(".scroll") && !e.matches(".scroll") || e.closest(".out, .skip, [hidden]")) continue;
    const r = e.getBoundingClientRect();
    if (r.width > 0 && (r.right > innerWidth + 0.5 || r.left < -0.5)) all.push(e.tagName + "." + e.getAttribute("class") + " " + Math.round(r.right) + " " + e.textContent.trim().slice(0, 40));
  }
  return all.slice(0, 5);
})()`;

async function violations(page) {
  await page.eval(axe + "; 0");
  return page.eval(`axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.filter((v) => ["serious", "critical"].includes(v.impact))
    .map((v) => v.id + " (" + v.impact + ") " + v.nodes.length + " times, as in " + v.nodes[0].html.slice(0, 160) + ": " + v.nodes[0].failureSummary))`);
}

async function look(browser, name, file, out) {
  const url = pathToFileURL(file).href;
  const page = await browser.page();
  const shoot = async (kind) => writeFileSync(join(out, `page-${name}-${kind}.png`), await page.screenshot());
  const large = name === "large";
  for (const [scheme, width, height] of [["light", 1440, 1000], ["dark", 1440, 1000], ["light", 375, 800]]) {
    await page.media({ "prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce" });
    await page.size(width, height);
    await page.open(url);
    quiet(page, name, url);
    if (width === 1440 && scheme === "light") await timed(page, name);
    await shoot(width === 375 ? "narrow" : scheme);
    await page.eval(`document.getElementById("results").scrollIntoView(), new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
    await shoot(width === 375 ? "narrow-results" : scheme + "-results");
    if (!large) { // every part of the page is looked at, open
      await page.eval(`for (const d of document.querySelectorAll("details")) d.open = true; for (const li of document.querySelectorAll(".case")) { li.style.contentVisibility = "visible"; } 0`);
    }
    for (const what of await page.eval(wide)) wrong(name, `at ${width} px this reaches beyond the window: ${what}`);
    if (!large && (width === 1440 || name === "live")) {
      await page.eval(`document.querySelectorAll(".case").forEach((li, i) => { if (i > 25 && i % 25) li.remove(); }); 0`); // alike, and slow to go through
      for (const v of await violations(page)) wrong(name, `axe, ${scheme}, ${width} px: ${v}`);
      quiet(page, name, url);
    }
  }
  await page.size(1440, 1000);
  await page.media({ "prefers-color-scheme": "light", "prefers-reduced-motion": "reduce" });
  await page.open(url);
  const failed = (text) => wrong(name, text);
  await interactions(page, url, failed);
  quiet(page, name, url);
  await print(page, name, url, out);
  await page.close();
}

// timed prints how long the page took from the first byte until it was drawn.
async function timed(page, name) {
  const t = await page.eval(`new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
    const t = performance.getEntriesByType("navigation")[0], paint = performance.getEntriesByName("first-contentful-paint")[0];
    done({ cases: document.querySelectorAll(".case").length, interactive: t.domInteractive, load: t.loadEventEnd, paint: paint ? paint.startTime : 0, drawn: performance.now() });
  })))`);
  console.log(`${name}: ${t.cases} cases; first paint ${Math.round(t.paint)} ms, interactive ${Math.round(t.interactive)} ms, loaded ${Math.round(t.load)} ms, drawn ${Math.round(t.drawn)} ms`);
  if (t.drawn > 5000) wrong(name, `drawn only after ${Math.round(t.drawn)} ms`);
}

// print checks that paper shows what is closed on the screen.
async function print(page, name, url, out) {
  if (name === "large") return; // thousands of sheets
  await page.open(url);
  const { data } = await page.send("Page.printToPDF", { printBackground: true });
  const pages = Buffer.from(data, "base64").toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  if (pages < 1) wrong(name, "it prints nothing");
  await page.media({}, "print");
  await page.size(794, 1123); // A4 at 96 dots an inch
  const seen = await page.eval(`(() => {
    dispatchEvent(new Event("beforeprint"));
    const closed = document.querySelectorAll("details:not([open])").length;
    const bar = document.querySelector(".filters").getBoundingClientRect().height;
    return { closed, bar, wide: document.documentElement.scrollWidth > innerWidth };
  })()`);
  if (seen.closed) wrong(name, `${seen.closed} parts stay closed on paper`);
  if (seen.bar) wrong(name, "the filters are printed");
  writeFileSync(join(out, `page-${name}-print.png`), await page.screenshot());
  const closed = await page.eval(`dispatchEvent(new Event("afterprint")), document.querySelectorAll("details:not([open])").length`);
  if (!closed && (await page.eval(`document.querySelectorAll("details").length`)) > 3) wrong(name, "what was closed stays open after printing");
}

async function main([chromium, out, ...pages]) {
  mkdirSync(out, { recursive: true });
  const browser = await Browser.launch(chromium);
  try {
    for (const p of pages) {
      const at = p.indexOf("=");
      const began = Date.now();
      await look(browser, p.slice(0, at), p.slice(at + 1), out);
      console.log(`looked at ${p.slice(0, at)} for ${Math.round((Date.now() - began) / 1000)} s`);
    }
  } finally {
    await browser.close();
  }
  if (!pages.length) problems.push("no page was named");
  console.log(problems.length ? `${problems.length} things are wrong` : "nothing is wrong");
  process.exitCode = problems.length ? 1 : 0;
}

main(process.argv.slice(2)).catch((e) => { console.error(e.stack); process.exitCode = 2; });
