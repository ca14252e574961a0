#!/usr/bin/env node
/** `npm run bench:compare -- DIST`: compiles bench/ and runs this build and another one in turn. */
import { runBench } from './run-bench.js';

await runBench('compare');
