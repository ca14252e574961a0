#!/usr/bin/env node
/** `npm run soak -- [--schedules N] [--minutes N] [--seed N]`: the model test for as long as one likes; see CONTRIBUTING.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, root } from './prepare.js';

await ensureInstalled();
const loader = pathToFileURL(join(root, 'test', 'model', 'loader', 'register.js')).href;
const args = ['--import', loader, join(root, 'test', 'model', 'soak.ts'), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
