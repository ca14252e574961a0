#!/usr/bin/env node
/** `npm run bench -- [--quick] [--json FILE]`: compiles bench/ and runs it against dist/. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.js';

await prepare();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', join(root, 'bench', 'tsconfig.json')], {
  stdio: ['ignore', 2, 2],
});
await import('../dist-bench/bench/run.js');
