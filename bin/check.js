#!/usr/bin/env node
/**
 * `npm run check`: the walls between folders, formatting, lint, types. All of them run, also after one fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './prepare.js';
import { lookAtWalls, readSources } from './walls.js';

const FOLDERS = ['src', 'client', 'examples', 'sandbox', 'demo-shop', 'dev', 'kit', 'test', 'bench', 'bin'];
const DOCUMENTS = ['*.md', 'docs', '.github'];
/**
 * First the core and each workspace by itself, so that none can import from another. Then the code that may
 * import from all of them.
 */
const PROJECTS = ['tsconfig.build.json', 'sandbox', 'demo-shop', 'dev', 'tsconfig.json'];
const CHECKS = [
  {
    name: 'format',
    command: 'oxfmt',
    args: ['--check', ...FOLDERS, ...DOCUMENTS],
    hint: 'npx oxfmt <file> repairs it',
  },
  // The demo shop imports it as a package, whose types are built.
  { name: 'types of client', command: 'tsc', args: ['-p', 'client'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings', ...FOLDERS] },
  ...PROJECTS.map((project) => ({
    name: `types of ${project}`,
    command: 'tsc',
    args: ['-p', project, '--noEmit'],
  })),
];

await ensureInstalled();
const walls = lookAtWalls(readSources(root));
for (const words of walls.breaches) process.stdout.write(`${words}\n`);
const results = CHECKS.map(({ name, command, args, hint }) => {
  const begun = Date.now();
  const executable = join(root, 'node_modules', '.bin', command);
  const { status } = spawnSync(executable, args, { cwd: root, stdio: 'inherit' });
  const words = `${name.padEnd(28)} ${((Date.now() - begun) / 1_000).toFixed(1)} s`;
  return { isFine: status === 0, words: status === 0 || hint === undefined ? words : `${words} (${hint})` };
});
results.unshift({ isFine: walls.breaches.length === 0, words: 'walls (bin/walls.js)' });
for (const { isFine, words } of results) process.stdout.write(`${isFine ? 'ok  ' : 'FAIL'} ${words}\n`);
process.exit(results.every(({ isFine }) => isFine) ? 0 : 1);
