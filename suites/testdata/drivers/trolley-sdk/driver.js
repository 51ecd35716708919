// Drives Trolley's own SDK, npm trolleyhq, as published. The protocol: harness/driver/README.md.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const trolley = require('trolleyhq');

const { SKEWPROOF_BASE_URL: apiBase, SKEWPROOF_TROLLEY_ACCESS_KEY: key, SKEWPROOF_TROLLEY_SECRET_KEY: secret } = process.env;
const kinds = { // by class of the SDK's errors; it has none for 429, and Unexpected tells no more than the status
  AuthenticationError: 'auth', AuthorizationError: 'forbidden', MalformedError: 'refused', NotFoundError: 'refused',
  ServerError: 'server', DownForMaintenanceError: 'server', Crash: 'crash',
};
class Unsupported extends Error {}
class Crash extends Error {}
const running = new AsyncLocalStorage(); // which call an unhandled rejection belongs to
const pending = new Set();
let gateway;

const say = message => process.stdout.write(JSON.stringify(message) + '\n');
const answer = (id, outcome) => pending.delete(id) && say({ id, ...outcome });
const fail = (id, e) => answer(id, { error: {
  kind: kinds[e.constructor.name] ?? 'other',
  message: [e.message, ...(e.validationErrors ?? []).map(v => `${v.code}: ${v.message}`)].join('; '),
} });

async function call({ method, path, body }) {
  const payload = body === undefined ? undefined : JSON.parse(body);
  if (method === 'GET' && body === undefined) return gateway.client.get(path);
  if (method === 'POST') return gateway.client.post(path, payload);
  if (method === 'PATCH') return gateway.client.patch(path, payload);
  if (method === 'DELETE' && (body === undefined || payload.ids)) return gateway.client.remove(path, payload?.ids);
  throw new Unsupported(`the SDK has no way to send this ${method}`);
}

// Where no JSON error arrives, the SDK throws inside its own .catch(): its caller's promise stays open for ever, and
// the exception, which would end the caller's process, is the only thing that it says.
process.on('unhandledRejection', e => {
  const id = running.getStore() ?? (pending.size === 1 ? [...pending][0] : undefined);
  if (!pending.has(id)) throw e;
  fail(id, new Crash(`unhandled rejection, the call never ends: ${e.message}`));
});

function take(line) {
  const request = JSON.parse(line);
  pending.add(request.id);
  if (request.start !== undefined) {
    gateway = trolley.connect({ key, secret, apiBase });
    return answer(request.id, {});
  }
  running.run(request.id, () => call(request).then(
    data => answer(request.id, { status: 200, body: typeof data === 'string' ? data : JSON.stringify(data) }),
    e => (e instanceof Unsupported ? answer(request.id, { skip: e.message }) : fail(request.id, e))));
}

let rest = ''; // not node:readline, which since Node 24 ends a line at U+2028 as well
process.stdin.setEncoding('utf8').on('data', text => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  lines.forEach(take);
}).on('end', () => process.exit(0));
say({ skewproof: 1, client: `trolleyhq ${require('trolleyhq/package.json').version}`, concurrent: true });
