#!/usr/bin/env node
/** `npm run bench:compare -- [NAME=DIST …]`: compiles bench/ and runs this build and others in turn. */
import { runBench } from './run-bench.js';

await runBench('compare');
