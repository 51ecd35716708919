// Chromium without a window, spoken to over two pipes: what a check of a page
// needs of the DevTools protocol, and no more.
"use strict";
const { spawn } = require("node:child_process");
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

class Browser {
  static async launch(program) {
    const b = new Browser();
    b.profile = mkdtempSync(join(tmpdir(), "skewproof-chromium-"));
    b.process = spawn(program, ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb",
      "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + b.profile, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    b.waiting = new Map();
    b.pages = new Map();
    b.last = 0;
    b.ended = new Promise((resolve) => b.process.once("exit", resolve));
    const failed = (why) => { for (const w of b.waiting.values()) w.reject(new Error(why)); b.waiting.clear(); };
    b.process.once("error", (e) => failed(`${program} does not start: ${e.message}`));
    b.process.once("exit", (code) => failed(`${program} ended: ${code}`));
    b.process.stdio[3].on("error", () => {}); // told by exit
    let rest = Buffer.alloc(0);
    b.process.stdio[4].on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) b.take(JSON.parse(rest.subarray(0, end).toString()));
    });
    return b;
  }

  take(message) {
    const w = this.waiting.get(message.id);
    if (w) {
      this.waiting.delete(message.id);
      if (message.error) w.reject(new Error(`${w.method}: ${message.error.message}`));
      else w.resolve(message.result);
      return;
    }
    const page = this.pages.get(message.sessionId);
    if (page) page.heard(message.method, message.params);
  }

  send(method, params = {}, sessionId) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, method });
      this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }

  async page() {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    this.pages.set(sessionId, page);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(domain + ".enable");
    return page;
  }

  async close() {
    await this.send("Browser.close").catch(() => {});
    await this.ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

class Page {
  constructor(browser, target, session) {
    Object.assign(this, { browser, target, session, said: [], requests: [], once: new Map() });
  }

  send(method, params) { return this.browser.send(method, params, this.session); }

  heard(method, params) {
    if (method === "Runtime.consoleAPICalled") this.said.push(`${params.type}: ${params.args.map((a) => a.value ?? a.description).join(" ")}`);
    if (method === "Runtime.exceptionThrown") this.said.push("exception: " + (params.exceptionDetails.exception?.description ?? params.exceptionDetails.text));
    if (method === "Log.entryAdded") this.said.push(`${params.entry.level}: ${params.entry.text}`);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    this.once.get(method)?.(params);
  }

  next(method) { return new Promise((resolve) => this.once.set(method, resolve)); }

  async open(url) {
    this.said.length = this.requests.length = 0;
    const loaded = this.next("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  // eval runs an expression in the page; promises are waited for.
  async eval(expression) {
    const r = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text);
    return r.result.value;
  }

  // until waits for an expression to become true.
  async until(expression, what = expression) {
    for (let tries = 0; tries < 200; tries++) {
      if (await this.eval(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error("it never came to this: " + what);
  }

  size(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  media(features, media = "") {
    return this.send("Emulation.setEmulatedMedia", { media, features: Object.entries(features).map(([name, value]) => ({ name, value })) });
  }

  async key(key, code = key, text = undefined) {
    const codes = { Tab: 9, Enter: 13, Escape: 27, " ": 32 };
    const event = { key, code: key === " " ? "Space" : code, windowsVirtualKeyCode: codes[key], text: key === "Enter" ? "\r" : text };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event, text: undefined });
  }

  type(text) { return this.send("Input.insertText", { text }); }

  async screenshot() {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  close() { return this.browser.send("Target.closeTarget", { targetId: this.target }); }
}

module.exports = { Browser };
