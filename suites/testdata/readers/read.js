// Reads junit.xml files with the parsers that readers of JUnit are made of, and
// prints what each of them found: one line of JSON for each file and reader.
//
//   node read.js junit.xml...
//
// Allure, TestBeats and junit2json are taken whole. The two GitHub actions are
// not on npm: of those it is the XML library, called as they call it, and the
// rule by which they count. Datadog's uploader only asks whether a file is XML.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { junitXml } from '@allurereport/reader';
import { BufferResultFile } from '@allurereport/reader-api';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parse } from 'junit2json';
import testbeats from 'test-results-parser';
import xmlJs from 'xml-js';
import xml2js from 'xml2js';

const list = x => x === undefined ? [] : Array.isArray(x) ? x : [x];
const pairs = (properties, name, value) => Object.fromEntries(properties.map(p => [name(p), String(value(p))]));

// A test without a name is an exception here: so it is in dorny's action.
async function dorny(file, text) {
  const { testsuites } = await xml2js.parseStringPromise(text);
  return list(testsuites.testsuite).flatMap(suite => list(suite.testcase).map(test => {
    const [told] = test.failure ?? test.error ?? test.skipped ?? [];
    return {
      suite: suite.$.name.trim(), name: test.$.name.trim(), classname: test.$.classname, file: test.$.file, line: test.$.line,
      outcome: test.failure || test.error ? 'failed' : test.skipped ? 'skipped' : 'passed',
      message: told?.$?.message, text: told?._,
      properties: pairs(test.properties?.[0].property ?? [], p => p.$.name, p => p.$.value),
    };
  }));
}

const suitesIn = of => list(of?.testsuite).flatMap(suite => [...suitesIn(suite), suite]);

// What is marked as skipped, in an element or by a status, is not a failure.
function mikepenz(file, text) {
  const { testsuites } = JSON.parse(xmlJs.xml2json(text, { compact: true }));
  return suitesIn(testsuites).flatMap(suite => list(suite.testcase).map(test => {
    const { status, ...its } = test._attributes;
    const [told] = list(test.failure ?? test.error ?? test.skipped);
    const skipped = test.skipped || status === 'disabled' || status === 'ignored';
    return {
      suite: suite._attributes.name, name: its.name, classname: its.classname, file: its.file, line: its.line,
      outcome: skipped ? 'skipped' : test.failure || test.error ? 'failed' : 'passed',
      message: told?._attributes?.message, text: (told?._cdata ?? told?._text)?.toString(),
      properties: pairs(list(test.properties?.property), p => p._attributes.name, p => p._attributes.value),
    };
  }));
}

async function junit2json(file, text) {
  const root = await parse(text);
  const tests = list(root.testsuite).flatMap(suite => list(suite.testcase).map(test => {
    const [told] = test.failure ?? test.error ?? test.skipped ?? [];
    return {
      suite: suite.name, name: test.name, classname: test.classname, file: test.file, line: String(test.line ?? ''),
      outcome: test.failure ? 'failed' : test.error ? 'error' : test.skipped ? 'skipped' : 'passed',
      message: told?.message, text: told?.inner,
      properties: pairs(test.properties ?? [], p => p.name, p => p.value),
    };
  }));
  const { failures, errors, skipped } = root;
  return { tests, passed: root.tests - failures - errors - skipped, failed: failures + errors, skipped };
}

function testBeats(file) {
  const root = testbeats.parse({ type: 'junit', files: [file] });
  const outcomes = { PASS: 'passed', FAIL: 'failed', SKIP: 'skipped' };
  const tests = root.suites.flatMap(suite => suite.cases.map(test => ({
    suite: suite.name, name: test.name, outcome: outcomes[test.status],
    message: test.failure || undefined, text: test.stack_trace || undefined,
    properties: pairs(Object.entries(test.metadata), p => p[0], p => p[1]),
  })));
  return { tests, passed: root.passed, failed: root.failed + root.errors, skipped: root.skipped };
}

async function allure(file, text) {
  const tests = [];
  const outcomes = { passed: 'passed', failed: 'failed', broken: 'error', skipped: 'skipped' };
  const label = (test, name) => test.labels.find(l => l.name === name)?.value;
  const visitor = {
    visitTestResult: async test => tests.push({
      suite: label(test, 'suite'), name: test.name, classname: label(test, 'testClass'),
      outcome: outcomes[test.status], message: test.message, text: test.trace,
    }),
    visitAttachmentFile: async () => {},
  };
  if (!await junitXml.read(visitor, new BufferResultFile(Buffer.from(text), basename(file)))) {
    throw new Error('this is no JUnit file');
  }
  return tests;
}

function datadog(file, text) {
  const options = { processEntities: false };
  const valid = XMLValidator.validate(text, options);
  if (valid !== true) throw new Error(valid.err.msg);
  const root = new XMLParser(options).parse(text);
  if (!root.testsuites && !root.testsuite) throw new Error('it has no tests');
}

const readers = {
  'dorny/test-reporter': [dorny, 'xml2js'],
  'mikepenz/action-junit-report': [mikepenz, 'xml-js'],
  'junit2json': [junit2json, 'junit2json'],
  'TestBeats': [testBeats, 'test-results-parser'],
  'Allure': [allure, '@allurereport/reader'],
  'Datadog': [datadog, 'fast-xml-parser'],
};

// A reader that has no totals of its own shows its tests, counted.
function counted(found) {
  if (!Array.isArray(found)) return found;
  const count = (...outcomes) => found.filter(test => outcomes.includes(test.outcome)).length;
  return { tests: found, passed: count('passed'), failed: count('failed', 'error'), skipped: count('skipped') };
}

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  for (const [reader, [read, name]] of Object.entries(readers)) {
    const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'));
    const line = { file, reader, version };
    try {
      Object.assign(line, counted(await read(file, text)));
    } catch (error) {
      line.error = String(error);
    }
    console.log(JSON.stringify(line));
  }
}
