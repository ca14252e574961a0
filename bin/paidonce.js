#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isReady, prepare, root } from './prepare.js';

const notInstalled = (version) =>
  `paidonce ${version} is not installed in this folder yet: npm ci && npm run build, and then paidonce --help lists the commands.\n` +
  'npm start does both by itself, and starts everything on this machine. README.md says more.';

const asked = process.argv.slice(2);
const onlyAsks =
  asked.length === 0 || asked.some((word) => ['help', '--help', '-h', '--version', '-V'].includes(word));
// A question installs nothing and compiles nothing.
if (onlyAsks && !isReady()) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isVersion = asked.includes('--version') || asked.includes('-V');
  process.stdout.write(isVersion ? `${version}\n` : `${notInstalled(version)}\n`);
  process.exit(0);
}
if (!onlyAsks) await prepare();
await import('../dist/src/cli/main.js');
