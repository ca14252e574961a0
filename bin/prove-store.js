#!/usr/bin/env node
/** `npm run prove:store -- [--payments N] [--ms N]`: the store's statements on a million payments; see CONTRIBUTING.md. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.js';

await prepare();
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', join(root, 'bench', 'tsconfig.json')], {
  stdio: ['ignore', 2, 2],
});
await import('../dist-bench/bench/store/prove.js');
