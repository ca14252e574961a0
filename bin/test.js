#!/usr/bin/env node
/**
 * `npm test`: the complete suite on a fresh checkout. `npm test -- --layer store` runs one layer (may be
 * repeated). `npm test -- test/store/lock.test.ts` runs what that path names; `./test/…` and an absolute path
 * do the same. Other arguments are passed to Jest. A layer that this machine can't run is skipped with its
 * reason, but fails in CI and where it was named. The last line is `N passed, N failed`, with `, N skipped`
 * where files were skipped. Nothing that it started is left running.
 */
import { join, relative, resolve, sep } from 'node:path';
import { prepare, root } from './prepare.js';
import { allLayers } from './testing/layers.js';
import { judgeRequests } from './testing/judge-requests.js';
import { createParts } from './testing/parts.js';
import { runLayers } from './testing/run-layers.js';

const { wanted, paths, jestArgs } = parse(process.argv.slice(2));
await prepare();
const asked = chosen(allLayers(), wanted, paths);
const maySkip = wanted.length === 0 && paths.length === 0 && !process.env['CI'];
const parts = createParts();
let running = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void breakOff());

const lacking = await parts.prepare(asked);
const skipped = maySkip ? lacking : [];
const layers = asked.filter((layer) => !skipped.some((one) => one.layer === layer));
for (const one of skipped) process.stdout.write(`${skip(one)}\n`);
running = runLayers(layers, parts, jestArgs, (result) => process.stdout.write(`${summary(result)}\n`));
const results = await running.results;
const judged = await judgeRequests(parts.requestsDir);
await parts.stop();

const lines = [...results.map(summary), ...(judged === null ? [] : [verdict(judged)]), ...skipped.map(skip)];
const refused = judged?.refused ?? [];
process.stdout.write(`\n${lines.join('\n')}\n\n`);
for (const failure of [...results.flatMap(({ failures }) => failures), ...refused])
  process.stdout.write(`${failure}\n`);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, refused.length);
const left = skipped.reduce((sum, { layer }) => sum + layer.files.length, 0);
process.stdout.write(`${passed} passed, ${failed} failed${left > 0 ? `, ${left} skipped` : ''}\n`);
process.exit(failed === 0 ? 0 : 1);

function parse(args) {
  const wanted = [];
  const paths = [];
  const jestArgs = [];
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] === '--layer') wanted.push(args[(index += 1)] ?? '');
    else if (isInTests(args[index])) paths.push(relative(root, resolve(root, args[index])));
    else jestArgs.push(args[index]);
  }
  return { wanted, paths, jestArgs };
}

/**
 * Given to Jest, such a path would start every layer. `test` alone is not taken for a path: it may be the value
 * of an option.
 */
function isInTests(arg) {
  const isPath = ['test/', './', '/'].some((start) => arg.startsWith(start));
  return isPath && `${resolve(root, arg)}${sep}`.startsWith(join(root, 'test', sep));
}

function chosen(layers, wanted, paths) {
  const unknown = wanted.filter((name) => !layers.some((layer) => layer.name === name));
  if (unknown.length > 0)
    refuse(`no layer "${unknown.join('", "')}"; there are ${layers.map(({ name }) => name).join(', ')}`);
  const named = wanted.length === 0 ? layers : layers.filter(({ name }) => wanted.includes(name));
  if (paths.length === 0) return named;
  const isNamed = (file) => paths.some((path) => file === path || file.startsWith(`${path}/`));
  const narrowed = named.map((layer) => ({ ...layer, files: layer.files.filter(isNamed) }));
  const found = narrowed.filter(({ files }) => files.length > 0);
  if (found.length === 0) refuse(`no test file at ${paths.join(', ')}`);
  return found;
}

function refuse(words) {
  process.stderr.write(`${words}\n`);
  process.exit(2);
}

function summary({ name, files, passed, failed, seconds, cpuSeconds, reason }) {
  const counts = `${files} files, ${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(0)} s`;
  return `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${counts}${reason ? ` (${reason})` : ''}`;
}

function verdict({ requests, shapes, refused }) {
  const counts = `${requests} requests to Stripe in ${shapes} shapes were shown to it, ${refused.length} refused`;
  return `${refused.length === 0 ? 'ok  ' : 'FAIL'} ${'stripe-mock'.padEnd(10)} ${counts}`;
}

function skip({ layer: { name, files }, reason }) {
  return `SKIP ${name.padEnd(10)} ${files.length} files: ${reason}`;
}

async function breakOff() {
  running?.stop();
  await parts.stop();
  process.exit(1);
}
