#!/usr/bin/env node
/**
 * Compares what two OpenAPI documents promise, except wording, ids and patterns: `node bin/compare-openapi.js
 * 9543dfa openapi.json`. Each argument is a file, or a commit that has an `openapi.json`. Prints a line for
 * each difference, and exits with 1 where there is one.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');

/**
 * Keywords for wording, ids, patterns and access. None of them is a part of the shape of a request or an
 * answer.
 */
const NOT_COMPARED = new Set(['description', 'summary', 'title', 'operationId', 'pattern', 'security']);

/** The differences of two documents, each as a JSON Pointer with both values. */
export function differences(before, after) {
  return differing(shapeOf(before), shapeOf(after), '');
}

/** A document without wording, ids and patterns. Every reference is replaced by what it refers to. */
function shapeOf(document) {
  const { components, ...rest } = document;
  const { securitySchemes } = components ?? {};
  return stripped({ ...rest, securitySchemes }, document, []);
}

function stripped(node, document, above) {
  if (Array.isArray(node)) return node.map((each) => stripped(each, document, above));
  if (typeof node !== 'object' || node === null) return node;
  if (typeof node.$ref === 'string') {
    // A recursive schema is followed once.
    if (above.includes(node.$ref)) return { $ref: 'above' };
    return stripped(pointedAt(document, node.$ref), document, [...above, node.$ref]);
  }
  const entries = Object.entries(node).filter(([key]) => !NOT_COMPARED.has(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, strippedValue(key, value, document, above)]));
}

function strippedValue(key, value, document, above) {
  if (key === 'properties' || key === 'responses')
    // The keys here are names of fields, and a field may be called `description`; a response may be called `default`.
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, stripped(schema, document, above)]),
    );
  if (key === 'value' || key === 'example' || key === 'default') return withoutDetail(value);
  if (key === 'examples' && Array.isArray(value)) return value.map(withoutDetail);
  if (key === 'required' && Array.isArray(value))
    return value.toSorted((one, other) => (one < other ? -1 : 1));
  return stripped(value, document, above);
}

/** An example without its texts. */
function withoutDetail(value) {
  if (Array.isArray(value)) return value.map(withoutDetail);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !['detail', 'title', 'text'].includes(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutDetail(inner)]));
}

function pointedAt(document, ref) {
  const names = ref.slice(2).split('/');
  return names.reduce((node, name) => node[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

function differing(before, after, at) {
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differing(before[key], after[key], `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((each, index) => differing(each, after[index], `${at}/${index}`));
  return [`${at}: ${shown(before)} became ${shown(after)}`];
}

function isMap(node) {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function shown(value) {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 200);
}

function read(name) {
  if (existsSync(name)) return JSON.parse(readFileSync(name, 'utf8'));
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 };
  return JSON.parse(execFileSync('git', ['show', `${name}:openapi.json`], options));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [before, after] = process.argv.slice(2);
  if (before === undefined || after === undefined) {
    process.stderr.write('usage: node bin/compare-openapi.js BEFORE AFTER\n');
    process.exit(2);
  }
  const found = differences(read(before), read(after));
  process.stdout.write(found.length === 0 ? 'no difference\n' : `${found.join('\n')}\n`);
  process.exit(found.length === 0 ? 0 : 1);
}
