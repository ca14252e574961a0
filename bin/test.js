#!/usr/bin/env node
/**
 * `npm test`: the complete suite on a fresh checkout. `npm test -- --layer store` runs one layer (may be repeated); whatever
 * else is given goes to Jest. The last line is `N passed, N failed`; nothing that it started is left running.
 */
import { prepare } from './prepare.js';
import { allLayers } from './testing/layers.js';
import { createParts } from './testing/parts.js';
import { killGroup, runLayer } from './testing/run-layer.js';

const { wanted, jestArgs } = parse(process.argv.slice(2));
await prepare();
const parts = createParts();
let running = null;
let isBrokenOff = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void breakOff());

const results = [];
for (const layer of chosen(allLayers(), wanted)) {
  if (isBrokenOff) break;
  process.stdout.write(`\n── ${layer.name} ──\n`);
  const result = await runLayer(layer, parts, jestArgs, (child) => {
    running = child;
  });
  results.push(result);
  process.stdout.write(`${summary(result)}\n`);
}
await parts.stop();

process.stdout.write(`\n${results.map(summary).join('\n')}\n\n`);
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

function parse(args) {
  const wanted = [];
  const jestArgs = [];
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] === '--layer') wanted.push(args[(index += 1)] ?? '');
    else jestArgs.push(args[index]);
  }
  return { wanted, jestArgs };
}

function chosen(layers, wanted) {
  const unknown = wanted.filter((name) => !layers.some((layer) => layer.name === name));
  if (unknown.length === 0)
    return wanted.length === 0 ? layers : layers.filter(({ name }) => wanted.includes(name));
  const names = layers.map(({ name }) => name).join(', ');
  process.stderr.write(`no layer "${unknown.join('", "')}"; there are ${names}\n`);
  process.exit(2);
}

function summary({ name, files, passed, failed, seconds, reason }) {
  const counts = `${files} files, ${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`;
  return `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${counts}${reason ? ` (${reason})` : ''}`;
}

async function breakOff() {
  isBrokenOff = true;
  if (running !== null) killGroup(running);
  await parts.stop();
  process.exit(1);
}
