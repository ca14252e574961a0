#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isReady, prepare, root } from './prepare.js';

const notInstalled = (version) =>
  `paidonce ${version} is not installed in this folder yet. Run npm ci && npm run build; then paidonce --help lists the commands.\n` +
  'npm start does both, and starts everything on this machine. See README.md.';

const asked = process.argv.slice(2);
const onlyAsks =
  asked.length === 0 || asked.some((word) => ['help', '--help', '-h', '--version', '-V'].includes(word));
// A request for help or the version installs and compiles nothing.
if (onlyAsks && !isReady()) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isVersion = asked.includes('--version') || asked.includes('-V');
  process.stdout.write(isVersion ? `${version}\n` : `${notInstalled(version)}\n`);
  process.exit(0);
}
if (!onlyAsks) await prepare();
await import('../dist/src/cli/main.js');
