#!/usr/bin/env node
/** `npm run bench:size`: the figures of docs/run-in-production.md, "How large a machine". About five minutes. */
import { runBench } from './run-bench.js';

await runBench('size');
