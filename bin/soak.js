#!/usr/bin/env node
/**
 * `npm run soak -- [--schedules N] [--server-schedules N] [--minutes N] [[--server] --seed N]`: the long
 * model test. See CONTRIBUTING.md.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, root } from './prepare.js';
import { timeSkippingServer } from './testing/time-skipping-server.js';

await ensureInstalled();
const loader = pathToFileURL(join(root, 'test', 'model', 'loader', 'register.js')).href;
const args = ['--import', loader, join(root, 'test', 'model', 'soak.ts'), ...process.argv.slice(2)];
const env = { ...process.env, TIME_SKIPPING_SERVER: await timeSkippingServer() };
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.exit(status ?? 1);
