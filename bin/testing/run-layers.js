/**
 * Runs the layers side by side, as far as the machine has room: most end-to-end tests only wait while others
 * compute.
 */
import { availableParallelism } from 'node:os';
import { createPool } from './pool.js';
import { killGroup } from '../../kit/tied-child.js';
import { failed, runJest } from './run-jest.js';

/**
 * `results`, per layer and in order: `{ name, files, passed, failed, seconds, cpuSeconds, reason, failures
 * }`. `stop` ends everything at once.
 */
export function runLayers(layers, parts, jestArgs, say) {
  const pool = createPool(availableParallelism() + 0.5);
  const running = new Set();
  const follow = (child) => {
    running.add(child);
    child.once('exit', () => running.delete(child));
  };
  return {
    results: Promise.all(
      layers.map((layer, rank) => runLayer(layer, rank, { parts, jestArgs, pool, follow, say })),
    ),
    stop() {
      pool.close();
      for (const child of running) killGroup(child);
    },
  };
}

async function runLayer(layer, rank, { parts, jestArgs, pool, follow, say }) {
  let begun = null;
  const run = async (files) => {
    begun ??= Date.now();
    const env = await parts.environment(layer.needs);
    return runJest({ layer, files }, env, jestArgs, follow);
  };
  const own = createPool(layer.atOnce);
  const jobs = layer.apart ? layer.files.map((file) => [file]) : [layer.files];
  const loadOf = (files) => layer.loads.get(files[0]) ?? layer.load;
  const inTurn = (files) =>
    own.run(1, () => pool.run(loadOf(files), () => run(files).catch((error) => failed(error.message)), rank));
  const outcomes = await Promise.all(jobs.map(inTurn));
  const result = { name: layer.name, ...summed(layer, outcomes), seconds: (Date.now() - begun) / 1_000 };
  say(result);
  return result;
}

function summed(layer, outcomes) {
  const sum = (what) => outcomes.reduce((total, outcome) => total + outcome[what], 0);
  const isEmpty = sum('passed') + sum('failed') === 0;
  const missing = layer.files.length === 0 ? `no test file under test/${layer.name}` : 'no test ran';
  const skipped = sum('skipped') > 0 ? [`${sum('skipped')} skipped`] : [];
  const reasons = [...outcomes.flatMap(({ reason }) => reason ?? []), ...skipped];
  return {
    files: sum('files'),
    passed: sum('passed'),
    failed: sum('failed') + (isEmpty ? 1 : 0),
    cpuSeconds: sum('cpuSeconds'),
    failures: outcomes.flatMap(({ failures }) => failures),
    reason: isEmpty ? missing : [...new Set(reasons)].join('; '),
  };
}
