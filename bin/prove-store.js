#!/usr/bin/env node
/**
 * `npm run prove:store -- [--payments N] [--ms N]`: the store's statements on a million payments. See
 * CONTRIBUTING.md.
 */
import { runBench } from './run-bench.js';

await runBench('store/prove');
