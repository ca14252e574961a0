#!/usr/bin/env node
/** `npm run bench -- [--quick] [--json FILE]`: compiles bench/ and runs it against dist/. */
import { runBench } from './run-bench.js';

await runBench('run');
