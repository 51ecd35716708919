// What a person does on the page: filters, searches, follows links, turns the
// lights off, and all of it from the keyboard.
"use strict";

const shown = `[...document.querySelectorAll(".case")].filter((li) => !li.closest("[hidden]")).length`;
const all = `document.querySelectorAll(".case").length`;
const said = `document.getElementById("count").textContent`;
const focused = `(document.activeElement.id || document.activeElement.name || document.activeElement.className || document.activeElement.tagName)`;

async function interactions(page, url, wrong) {
  const cases = await page.eval(all);
  const want = async (what, expression, value) => {
    const got = await page.eval(expression);
    if (got !== value) wrong(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(value)}`);
  };
  await want("all cases are shown at first", shown, cases);
  if (cases > 0) await keyboard(page, want, cases, wrong); // first: where Tab begins hangs on what was last in use
  await theme(page, want);
  if (cases === 0) return;
  await verdicts(page, want, cases);
  await choices(page, want, url, cases, wrong);
  await changes(page, want, cases, wrong);
  await linked(page, want, url, cases);
}

// theme turns the page dark and light again, and holds that it is not kept.
async function theme(page, want) {
  const ground = `getComputedStyle(document.body).backgroundColor`;
  const light = await page.eval(ground);
  await page.eval(`document.getElementById("theme").focus()`);
  await page.key(" ");
  await page.until(`${ground} !== ${JSON.stringify(light)}`, "the page becomes dark");
  await want("the button says that it is dark", `document.getElementById("theme").getAttribute("aria-pressed")`, "true");
  await page.key("Enter");
  await page.until(`${ground} === ${JSON.stringify(light)}`, "the page becomes light again");
  await want("nothing is kept", `localStorage.length + sessionStorage.length + document.cookie.length`, 0);
}

// keyboard goes through the page by Tab alone.
async function keyboard(page, want, cases, wrong) {
  await page.key("Tab");
  await want("the first stop skips to the results", focused, "skip");
  await page.key("Enter");
  await page.until(`document.activeElement.id === "results"`, "the skip link leads to the results");
  await page.key("Tab");
  await want("then comes the search", focused, "q");
  await want("what has the focus can be seen", `getComputedStyle(document.activeElement).outlineStyle`, "solid");
  const word = await page.eval(`document.querySelector(".case .name").textContent.split("/")[1]`);
  await page.type(word);
  await page.until(`${said} !== ${JSON.stringify(`${cases} cases`)} || ${cases} === ${shown}`, "the search is done");
  await page.until(`location.hash.includes("q=")`, "the address tells the search");
  const found = await page.eval(shown);
  const right = await page.eval(`[...document.querySelectorAll(".case")].filter((li) => li.textContent.toLowerCase().includes(${JSON.stringify(word.toLowerCase())})).length`);
  if (found !== right || found === 0) wrong(`the search for ${word} shows ${found} cases, and ${right} have it`);
  await page.eval(`document.getElementById("q").select()`);
  await page.type("no case has these words");
  await page.until(`${shown} === 0`, "a search for nothing");
  await want("it says that there is none", `document.getElementById("empty").hidden`, false);
  await want("it is announced", said, `0 of ${cases} cases`);
  await want("how many are shown is announced politely", `document.getElementById("count").getAttribute("aria-live")`, "polite");
  await page.eval(`document.querySelector("#empty button").focus()`);
  await page.key("Enter");
  await want("clearing shows all again", shown, cases);
  await want("and clears the address", `location.hash`, "");
  const summary = `document.querySelector(".case summary")`;
  if (await page.eval(`${summary} !== null`)) {
    const open = await page.eval(`${summary}.parentElement.open`);
    await page.eval(`${summary}.focus()`);
    await page.key("Enter");
    await want("Enter opens and closes a case", `${summary}.parentElement.open`, !open);
    await page.key(" ");
    await want("so does the space bar", `${summary}.parentElement.open`, open);
  }
}

async function verdicts(page, want, cases) {
  const names = await page.eval(`[...document.querySelectorAll("#filters [data-verdict]")].map((b) => b.dataset.verdict)`);
  const counts = {};
  for (const name of names) {
    const button = `document.querySelector("#filters [data-verdict=${name}]")`;
    await page.eval(`${button}.focus()`);
    await page.key(" ");
    counts[name] = await page.eval(`document.querySelectorAll(".case[data-verdict=${name}]").length`);
    await want(`only ${name}`, shown, counts[name]);
    await want(`the button of ${name} counts right`, `Number(${button}.querySelector(".n").textContent)`, counts[name]);
    await want(`the address tells ${name}`, `location.hash`, `#verdict=${name}`);
    await page.key(" ");
  }
  await want("no verdict is all verdicts", shown, cases);
  if (names.length > 1) {
    for (const name of names.slice(0, 2)) await page.eval(`document.querySelector("#filters [data-verdict=${name}]").click()`);
    await want("two verdicts at once", shown, counts[names[0]] + counts[names[1]]);
    await page.eval(`document.querySelector("#filters [data-clear]").click()`);
  }
}

// choices sets each select in turn, and goes through a cell of the table and a
// requirement of the lists, which are links.
async function choices(page, want, url, cases, wrong) {
  for (const [name, has] of [["suite", "li.dataset.suite === v"], ["aspect", "li.dataset.aspect === v"], ["req", "li.dataset.req.split(' ').includes(v)"]]) {
    const v = await page.eval(`(() => { const s = document.getElementById("filters").elements.${name}; s.selectedIndex = s.length - 1; s.dispatchEvent(new Event("input", { bubbles: true })); return s.value; })()`);
    await page.until(`location.hash.startsWith("#${name}=")`, `${name} is chosen`);
    const n = await page.eval(`((v) => [...document.querySelectorAll(".case")].filter((li) => ${has}).length)(${JSON.stringify(v)})`);
    await want(`${name} ${v}`, shown, n);
    if (n === 0) wrong(`${name} offers ${v}, which no case has`);
    await page.eval(`document.querySelector("#filters [data-clear]").click()`);
  }
  for (const link of [".grid a", "#broken a", "#coverage a"]) {
    if (!(await page.eval(`document.querySelector(${JSON.stringify(link)}) !== null`))) continue;
    await page.eval(`document.querySelector(${JSON.stringify(link)}).click()`);
    await page.until(`document.activeElement.id === "results"`, link + " leads to the results");
    const n = await page.eval(shown);
    if (n === 0 || n === cases && link !== ".grid a") wrong(`${link} shows ${n} of ${cases} cases`);
    await page.eval(`document.querySelector("#filters [data-clear]").click()`);
  }
}

// changes goes from what changed since the baseline to the cases and back.
async function changes(page, want, cases, wrong) {
  const select = `document.getElementById("filters").elements.change`;
  const baseline = await page.eval(`document.getElementById("baseline") !== null`);
  await want("there is a filter for what changed", `${select} !== undefined`, baseline);
  if (!baseline) return;
  const of = async (kind) => page.eval(`document.querySelectorAll(".case[data-change${kind ? "=" + kind : ""}]").length`);
  for (const [value, n] of [["changed", await of("")], ["contract", await of("contract")], ["notice", await of("notice")]]) {
    await page.eval(`${select}.value = "${value}", ${select}.dispatchEvent(new Event("input", { bubbles: true })), 0`);
    await page.until(`location.hash === "#change=${value}"`, `${value} is chosen`);
    await want(`only ${value}`, shown, n);
    await want(`the choice ${value} counts right`, `${select}.selectedOptions[0].textContent`, `${value} (${n})`);
    await page.eval(`document.querySelector("#filters [data-clear]").click()`);
    await want("clearing shows all again", shown, cases);
  }
  const links = await page.eval(`document.querySelectorAll("#baseline a[href^='#case=']").length`);
  if (links !== (await of(""))) wrong(`${links} cases are listed as changed, and ${await of("")} are`);
  if (links === 0) return;
  await page.eval(`document.querySelector("#baseline a[href='#change=changed']").click()`);
  await page.until(`document.activeElement.id === "results"`, "the changed cases are led to");
  await want("the changed cases", shown, links);
  for (const at of [0, links - 1]) {
    const name = await page.eval(`(() => { const a = [...document.querySelectorAll("#baseline a[href^='#case=']")].at(${at}); a.click(); return a.textContent; })()`);
    const li = `[...document.querySelectorAll(".case")].find((li) => li.querySelector(".name").textContent === ${JSON.stringify(name)})`;
    await page.until(`(() => { const r = ${li}.getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight; })()`, name + " is in sight");
    await want(name + " is open", `${li}.querySelector("details").open`, true);
    await want(name + " tells what changed", `${li}.querySelectorAll(".rows > li").length > 0`, true);
  }
  await page.eval(`document.querySelector(".since a").click()`);
  await page.until(`document.activeElement.id === "baseline"`, "the head leads to what changed");
  await page.eval(`document.querySelector("#filters [data-clear]").click()`);
}

// linked opens the page at an address that somebody else passed on.
async function linked(page, want, url, cases) {
  const v = await page.eval(`document.querySelector("#filters [data-verdict]").dataset.verdict`);
  const n = await page.eval(`document.querySelectorAll(".case[data-verdict=${v}]").length`);
  await page.open("about:blank");
  await page.open(`${url}#verdict=${v}`);
  await want("a link keeps its filter", shown, n);
  await want("and the button shows it", `document.querySelector("#filters [data-verdict=${v}]").getAttribute("aria-pressed")`, "true");
  await page.open("about:blank");
  await page.open(`${url}#verdict=${v}&req=NO-SUCH-1`);
  await want("a requirement that nothing has shows nothing", shown, 0);
  const key = await page.eval(`[...document.querySelectorAll(".case")].at(-1).dataset.key`);
  await page.open("about:blank");
  await page.open(`${url}#${new URLSearchParams({ case: key })}`);
  await want("a link to a case shows all", shown, cases);
  await page.until(`(() => { const r = [...document.querySelectorAll(".case")].at(-1).getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight; })()`, "the case that is linked to is in sight");
}

module.exports = { interactions };
