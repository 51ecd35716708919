"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = $("filters"), count = $("count"), empty = $("empty"), theme = $("theme");
  const cases = all(".case"), sections = all(".verdicts"), toggles = all("[data-verdict]", form);
  const names = ["suite", "aspect", "req", "change"].filter((name) => form.elements[name]); // without a baseline nothing changed
  const texts = new Map(); // what is searched in a case, made when it is first asked for

  const chosen = (value) => Object.fromEntries(names.map((name) => [name, value(name)]));
  const nothing = { q: "", verdict: [], ...chosen(() => "") };

  // The filters' state is the part of the address behind #, so that a link can be
  // passed on: q=text&verdict=fail,error&suite=&aspect=&req=&change=
  function read() {
    const p = new URLSearchParams(location.hash.slice(1));
    return { q: p.get("q") || "", verdict: (p.get("verdict") || "").split(",").filter(Boolean), ...chosen((name) => p.get(name) || "") };
  }

  function written(state) {
    const p = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value.length) p.set(name, Array.isArray(value) ? value.join(",") : value);
    }
    return p.toString();
  }

  function fromForm() {
    return { q: form.q.value.trim(), verdict: toggles.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.verdict),
      ...chosen((name) => form.elements[name].value) };
  }

  function toForm(state) {
    form.q.value = state.q;
    for (const name of names) {
      const select = form.elements[name];
      select.value = state[name];
      if (select.selectedIndex < 0) { // nothing on this page has it
        select.add(new Option(state[name] + " (none)", state[name]));
        select.value = state[name];
      }
    }
    for (const b of toggles) b.setAttribute("aria-pressed", String(state.verdict.includes(b.dataset.verdict)));
  }

  function textOf(li) {
    if (!texts.has(li)) texts.set(li, li.textContent.toLowerCase());
    return texts.get(li);
  }

  function fits(li, state, words) {
    const d = li.dataset;
    return (!state.verdict.length || state.verdict.includes(d.verdict)) && (!state.suite || d.suite === state.suite) &&
      (!state.aspect || d.aspect === state.aspect) && (!state.req || d.req.split(" ").includes(state.req)) &&
      (!state.change || d.change === state.change || state.change === "changed" && d.change !== undefined) &&
      words.every((w) => textOf(li).includes(w));
  }

  function apply(state) {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const li of cases) {
      const fit = fits(li, state, words);
      if (li.hidden === fit) li.hidden = !fit;
      if (fit) shown++;
    }
    for (const s of sections) {
      const here = all(".case", s), left = here.filter((li) => !li.hidden).length;
      s.hidden = left === 0;
      s.querySelector("[data-count]").textContent = left === here.length ? String(left) : left + " of " + here.length;
    }
    for (const d of all("details.coverage")) d.hidden = state.suite !== "" && d.dataset.suite !== state.suite;
    empty.hidden = shown > 0 || cases.length === 0;
    count.textContent = shown === cases.length ? shown + " cases" : shown + " of " + cases.length + " cases";
  }

  function changed() {
    const state = fromForm(), hash = written(state);
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    apply(state);
  }

  // Cases out of sight are not laid out yet, so that the place moves on the way.
  function jump(to, focus = to) {
    let left = 5;
    const scroll = () => {
      to.scrollIntoView({ block: "start" });
      if (--left) requestAnimationFrame(scroll);
    };
    scroll();
    focus.focus({ preventScroll: true });
  }

  // A case that is linked to is shown, whatever the filters were.
  function openCase(key) {
    const li = cases.find((c) => c.dataset.key === key);
    if (!li) return;
    toForm(nothing);
    apply(fromForm());
    const details = li.querySelector("details");
    if (details) details.open = true;
    jump(li, li.querySelector("summary") || li);
  }

  function follow(first) {
    const key = new URLSearchParams(location.hash.slice(1)).get("case");
    if (key !== null) return openCase(key);
    const state = read();
    toForm(state);
    apply(state);
    if (!first || written(state)) jump($("results"));
  }

  let waiting = 0;
  form.addEventListener("input", (e) => {
    clearTimeout(waiting);
    waiting = setTimeout(changed, e.target.name === "q" ? 120 : 0);
  });
  form.addEventListener("submit", (e) => { e.preventDefault(); changed(); });
  for (const b of toggles) b.addEventListener("click", () => {
    b.setAttribute("aria-pressed", String(b.getAttribute("aria-pressed") !== "true"));
    changed();
  });
  for (const b of all("[data-clear]")) b.addEventListener("click", () => {
    toForm(nothing);
    changed();
    form.q.focus();
  });
  $("more").addEventListener("click", () => {
    const open = form.classList.toggle("open");
    $("more").setAttribute("aria-expanded", String(open));
  });
  for (const a of all("[data-jump]")) a.addEventListener("click", (e) => {
    const to = document.querySelector(a.getAttribute("href"));
    if (to) { e.preventDefault(); jump(to); } // and leaves the filters as they are
  });
  addEventListener("hashchange", () => follow(false));

  // Light or dark: as the system has it, until the button says otherwise.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const told = () => theme.setAttribute("aria-pressed", String(dark()));
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; told(); });
  system.addEventListener("change", told);
  theme.hidden = false;
  told();

  for (const b of all("[data-copy]")) {
    b.hidden = false;
    b.addEventListener("click", async () => {
      const pre = b.parentElement.querySelector("pre");
      getSelection().selectAllChildren(pre); // what stays, where the clipboard is out of reach
      try {
        await navigator.clipboard.writeText(pre.textContent);
        b.textContent = "Copied";
      } catch {
        b.textContent = "Selected";
      }
      count.textContent = b.textContent;
    });
  }

  // On paper everything is open, and afterwards as it was.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])").filter((d) => !d.closest("[hidden]"));
    for (const d of closed) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of closed) d.open = false; });

  for (const li of cases.slice(0, 3)) { // the first failures stand open
    const details = li.querySelector("details");
    if (details && li.closest(".cards")) details.open = true;
  }
  form.hidden = cases.length === 0;
  follow(true);
})();
