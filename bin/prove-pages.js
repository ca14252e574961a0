#!/usr/bin/env node
/** `npm run prove:pages -- [--payments N]`: the dashboard on a million payments. See CONTRIBUTING.md. */
import { runBench } from './run-bench.js';

await runBench('pages/prove');
