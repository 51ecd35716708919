// Drives the client of client.mjs for the harness: JSON lines in on standard input, one line out for each answer.
import { Failure, connect } from "./client.mjs";

const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

let client = connect(process.env.SKEWPROOF_VENDOR);

async function handle(line) {
  const { id, start, call, ...request } = JSON.parse(line);
  if (start !== undefined) {
    client = connect(process.env.SKEWPROOF_VENDOR);
    return say({ id });
  }
  try {
    const { status, text } = await client.call(request);
    say({ id, status, body: text });
  } catch (error) {
    if (error instanceof Failure) return say({ id, error: { kind: error.kind, message: error.message } });
    // Not a failure that the client knows of. Its message might quote what was sent, its name does not.
    say({ id, error: { kind: "other", message: [error.name, error.code].filter(Boolean).join(" ") } });
  }
}

say({ skewproof: 1, client: "node standard library", concurrent: true });

// Not node:readline, which also ends a line at U+2028 and U+2029: JSON may hold these as they are.
let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  lines.forEach(handle);
});
process.stdin.on("end", () => process.exit(0));
