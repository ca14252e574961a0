#!/usr/bin/env node
/**
 * `npm run prove:sweep -- [--rows N] [--kills N] [--ms N]`: the long test of the sweep. See CONTRIBUTING.md.
 */
import { runBench } from './run-bench.js';

await runBench('sweep/prove');
