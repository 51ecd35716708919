// A client for the APIs of Trolley, IRP Commerce and Spreetail, and the faults that it can be given to prove that they
// are noticed: SKEWPROOF_FAULT names one. Node's standard library alone; fetch would rewrite paths, so it is node:http.
import { createHash, createHmac } from "node:crypto";
import http from "node:http";
import https from "node:https";

const broken = process.env.SKEWPROOF_FAULT;
const fault = (name) => name === broken;

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const plain = { request: http.request, agent: new http.Agent({ keepAlive: true }) };
const secure = { request: https.request, agent: new https.Agent({ keepAlive: true }) };

/** Why a call has no answer. The message holds none of the vendor's words, which might repeat a secret or a token. */
export class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** Makes a client of the vendor, without any state. */
export function connect(vendor) {
  if (vendor === "trolley") return new Trolley("TROLLEY_ACCESS_KEY", "TROLLEY_SECRET_KEY");
  if (vendor === "irp") return new Irp("IRP_API_KEY", "IRP_SHARED_SECRET");
  if (vendor === "spreetail") return new Spreetail("SPREETAIL_CLIENT_ID", "SPREETAIL_CLIENT_SECRET");
  throw new Error(`no client for vendor ${vendor}`);
}

/** What the vendors have in common: an id and a secret, found under these names in the environment, and a server. */
class Client {
  constructor(id, secret) {
    const setting = (name) => process.env[`SKEWPROOF_${name}`] ?? "";
    this.id = setting(id);
    this.secret = setting(secret);
    this.base = URL.canParse(setting("BASE_URL")) ? new URL(setting("BASE_URL")) : undefined;
    this.prefix = this.base?.pathname.replace(/\/$/, "");
  }

  async call(request) {
    if (!(this.id && this.secret) && !fault("placeholder-signature")) throw new Failure("config", "no credentials");
    const { protocol, hostname } = this.base ?? {};
    const local = protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
    if (protocol !== "https:" && !local) throw new Failure("config", "the base URL is not https");
    return this.perform(request);
  }

  /** Sends one request as it is and gives the whole answer, whatever its status. */
  send(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port } = this.base;
      const { request: open, agent } = protocol === "https:" ? secure : plain;
      const fail = ({ code }) => {
        clearTimeout(timer);
        request.destroy();
        const garbled = code?.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE";
        reject(new Failure(garbled ? "protocol" : "network", `no whole answer: ${code}`));
      };
      const options = {
        agent,
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port,
        method,
        // Node writes one byte for each character of the path, so it is given its UTF-8 bytes as characters.
        path: Buffer.from(this.prefix + path).toString("latin1"),
        headers: body ? { ...headers, "Content-Length": Buffer.byteLength(body) } : headers,
      };
      const request = open(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk)).on("error", fail).on("end", () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() });
        });
      });
      request.on("error", fail).end(body ? Buffer.from(body) : undefined);
      const timer = setTimeout(fail, 5_000, { code: "timeout" });
    });
  }
}

/** A server that is away for a moment: the call may be repeated, once and at once. */
const away = ({ status, headers }) => status === 503 && headers["retry-after"] === undefined;

const kinds = { 3: "protocol", 401: "auth", 403: "forbidden", 429: "rate-limited", 4: "refused", 5: "server" };

/** The JSON object that an answer holds, or undefined. */
function objectOf({ text }) {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {} // not JSON
}

/** Gives the JSON object of an answer with a good status. A redirect is none: it would take secrets elsewhere. */
function read(answer, what) {
  const kind = kinds[answer.status] ?? kinds[Math.floor(answer.status / 100)];
  if (kind) throw new Failure(kind, `${what}: status ${answer.status}`);
  const object = objectOf(answer);
  if (!object) throw new Failure("protocol", `${what}: the answer is no JSON object`);
  return object;
}

/** The wall clock in milliseconds, read once for each request. */
function now() {
  const time = Date.now();
  if (fault("stamp-local-time")) return time - new Date(time).getTimezoneOffset() * 60_000;
  return time;
}

const withQuery = (path, name, value) => `${path}${path.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(value)}`;

class Trolley extends Client {
  async perform({ method, path, body = "" }) {
    if (fault("secret-in-url")) path = withQuery(path, "secret_key", this.secret);
    let headers;
    for (let repeats = 0, refusals = 0; ; ) {
      if (!(fault("retry-stale-signature") && repeats)) headers = this.sign(method, this.prefix + path, body);
      let sent = body;
      if (fault("body-respaced")) sent = body.replace("{", "{ ");
      const answer = await this.send(method, path, headers, sent);
      if (away(answer) && repeats++ === 0) continue;
      if (fault("endless-401") && answer.status === 401 && refusals++ < 20) continue;
      if (fault("rate-limit-as-auth") && answer.status === 429) throw new Failure("auth", "call: status 429");
      // Only its words tell a wrong clock from a wrong key: the code is the same.
      const clock = (error) => String(error?.message).includes("Timestamp is more than");
      if (answer.status === 401 && [objectOf(answer)?.errors].flat().some(clock)) {
        throw new Failure("clock", "call: the timestamp was refused, is the clock right?");
      }
      if (read(answer, "call").ok !== true) throw new Failure("refused", "call: the answer is not ok");
      return answer;
    }
  }

  sign(method, path, body) {
    const time = now();
    let stamp = Math.floor(time / 1000);
    if (fault("stamp-milliseconds")) stamp = time;
    const signed = [stamp, method.toUpperCase(), path, body];
    if (fault("stamp-not-signed")) signed[0] -= 1;
    if (fault("method-lower-case")) signed[1] = method.toLowerCase();
    if (fault("query-not-signed")) signed[2] = path.replace(/\?.*/, "");
    if (fault("ascii-body")) signed[3] = body.replace(/[^\x00-\x7f]/gu, "?");
    let signature = createHmac("sha256", this.secret).update(signed.join("\n") + "\n").digest("hex");
    if (fault("signature-upper-case")) signature = signature.toUpperCase();
    const headers = { Authorization: `prsign ${this.id}:${signature}`, "X-PR-Timestamp": String(stamp) };
    if (fault("placeholder-signature") && !this.secret) headers.Authorization = "prsign 1:1";
    if (body && !fault("no-content-type")) headers["Content-Type"] = JSON_TYPE;
    return headers;
  }
}

/** A client that logs in for a token. A grant is {token, until}, until on the monotonic clock, which nobody can set. */
class TokenClient extends Client {
  /** The grant in force, or a new one. Calls that need one at the same time share a login. */
  async grant() {
    if (this.current && performance.now() < this.current.until) return this.current;
    this.pending ??= this.login().finally(() => (this.pending = undefined));
    return this.pending;
  }

  /** Replaces a grant that was refused, unless another call has replaced it already. */
  renew(grant) {
    if (this.current === grant) this.current = undefined;
    return this.grant();
  }
}

class Irp extends TokenClient {
  async perform({ path, fields = {} }) {
    let limit = 1;
    if (fault("token-never-renewed")) limit = 0;
    if (fault("endless-renewal")) limit = 20;
    let grant = await this.grant();
    for (let repeats = 0, renewals = 0; ; ) {
      const proof = this.prove(fault("key-not-token") ? this.id : grant.token);
      const all = { ...fields, AuthenticationToken: grant.token, ...proof };
      if (fault("api-key-sent")) all.APIKey = this.id;
      const answer = await this.post(path, all);
      if (away(answer) && repeats++ === 0) continue;
      const { success, codes } = this.judge(answer, "call");
      if (success) return answer;
      const expired = codes.includes(1000) || codes.includes(2002);
      if (expired && renewals++ < limit) grant = await this.renew(grant);
      else throw this.failure(codes, "call", expired);
    }
  }

  async login() {
    const sent = performance.now();
    let path = "/api/v1/Authentication/Authenticate";
    if (fault("path-lower-case")) path = path.toLowerCase();
    let proof = this.prove(this.id);
    if (fault("login-stale")) proof = this.firstProof ??= proof;
    let fields = { APIKey: this.id, ...proof };
    const lower = ([name, value]) => [name.toLowerCase(), value];
    if (fault("fields-lower-case")) fields = Object.fromEntries(Object.entries(fields).map(lower));
    if (fault("secret-sent")) fields.SharedSecret = this.secret;
    const { success, codes, token } = this.judge(await this.post(path, fields), "login");
    if (!success) throw this.failure(codes, "login");
    if (typeof token !== "string" || token === "") throw new Failure("protocol", "login: success without a token");
    return (this.current = { token, until: sent + 300_000 });
  }

  post(path, fields) {
    return this.send("POST", path, { "Content-Type": FORM_TYPE }, new URLSearchParams(fields).toString());
  }

  /** Signs for the subject: the API key at the login, the token afterwards. */
  prove(subject) {
    const time = now();
    const stamp = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", fault("stamp-with-t") ? "T" : " ");
    const sha1 = (text) => createHash("sha1").update(text).digest("hex");
    let inner = sha1(`${subject}.${stamp(fault("stamp-not-signed") ? time - 1000 : time)}`);
    if (fault("inner-upper-case")) inner = inner.toUpperCase();
    return { TimeStamp: stamp(time), Signature: sha1(`${inner}${fault("dot-missing") ? "" : "."}${this.secret}`) };
  }

  /** Reads an answer by its body: IRP reports errors with any status, most with 200. */
  judge(answer, what) {
    const { status } = answer;
    if (status === 429 || status >= 500 || (status >= 300 && status < 400)) read(answer, what); // throws
    const body = objectOf(answer);
    if (!body) throw new Failure("protocol", `${what}: the answer is no JSON object`);
    let success = [true, "true", "True", "Warning"].includes(body.Success);
    if (fault("warning-is-error") && body.Success === "Warning") success = false;
    if (fault("success-not-read") && status === 200) success = true;
    const codes = [body.Messages].flat().map((message) => Number(message?.Code));
    return { success, codes, token: body.AuthenticationToken };
  }

  failure(codes, what, expired = false) {
    const any = (...wanted) => codes.some((code) => wanted.includes(code));
    const kind = any(2001) ? "clock" : expired || any(2003, 2011, 2012, 2013, 2014, 2015) ? "auth" : "refused";
    return new Failure(kind, `${what}: refused with code ${codes.join(", ")}`);
  }
}

class Spreetail extends TokenClient {
  async perform({ method, path, body }) {
    let limit = 1;
    if (fault("no-retry")) limit = 0;
    if (fault("endless-401")) limit = 20;
    let grant = await this.grant();
    for (let repeats = 0, renewals = 0; ; ) {
      const headers = body ? { "Content-Type": JSON_TYPE } : {};
      if (grant.token) headers.Authorization = this.bearer(grant.token);
      const target = fault("token-in-url") ? withQuery(path, "access_token", grant.token) : path;
      const answer = await this.send(method, target, headers, body);
      if (away(answer) && repeats++ === 0) continue;
      if (answer.status === 401 && renewals++ < limit) {
        const fresh = await this.renew(grant);
        if (!fault("retry-old-token")) grant = fresh;
        if (fault("retry-other-body")) body = "{}";
        continue;
      }
      if (read(answer, "call").success !== true) throw new Failure("refused", "call: the answer is no success");
      return answer;
    }
  }

  bearer(token) {
    if (fault("no-bearer")) return token;
    if (fault("double-bearer")) return `Bearer Bearer ${token}`;
    return token.startsWith("Bearer ") ? token : `Bearer ${token}`;
  }

  async login() {
    const sent = performance.now();
    const what = fault("secret-in-error") ? `login with ${this.secret}` : "login";
    let path = "/api/api/v1/auth/login";
    if (fault("secret-in-url")) path = withQuery(path, "client_secret", this.secret);
    const fields = { client_id: this.id, client_secret: this.secret };
    if (fault("login-extra-field")) fields.grant_type = "client_credentials";
    let [type, body] = [JSON_TYPE, JSON.stringify(fields)];
    if (fault("login-as-form")) [type, body] = [FORM_TYPE, new URLSearchParams(fields).toString()];
    let answer = await this.send("POST", path, { "Content-Type": type }, body);
    for (let i = 0; fault("login-loop") && answer.status === 401 && i < 20; i++) {
      answer = await this.send("POST", path, { "Content-Type": type }, body);
    }
    if (fault("login-error-ignored") && answer.status >= 400) return { until: 0 };
    let { success, data } = read(answer, what);
    let token = data?.access_token;
    if (fault("success-not-read")) [success, token] = [true, `${token}`];
    // Printable ASCII, since nothing else fits into a header.
    const usable = typeof token === "string" && /^[\x20-\x7e]+$/.test(token);
    if (answer.status !== 200 || success !== true || !usable) throw new Failure("protocol", `${what}: no token`);
    const seconds = ["number", "string"].includes(typeof data?.expires_in) ? Number(data.expires_in) : 0;
    // Without a usable lifetime this end is past or NaN: the token serves the calls waiting for it and no other.
    this.current = { token, until: sent + (seconds - 300) * 1000 };
    if (fault("no-token-cache")) this.current.until = 0;
    return this.current;
  }
}
