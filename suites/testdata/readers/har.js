// Holds HTTP Archives against the schema that their readers check them with, and
// prints what does not fit, a line each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const require = createRequire(import.meta.url);
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-06.json"));
for (const schema of Object.values(require("har-schema"))) ajv.addSchema(schema);
const validate = ajv.getSchema("har.json#") ?? ajv.getSchema("har.json");

let wrong = 0;
for (const file of process.argv.slice(2)) {
  if (!validate(JSON.parse(readFileSync(file, "utf8")))) {
    wrong++;
    for (const e of validate.errors.slice(0, 20)) console.log(`${file}: ${e.instancePath} ${e.message}`);
  }
}
process.exit(wrong ? 1 : 0);
