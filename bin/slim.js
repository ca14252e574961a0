#!/usr/bin/env node
/**
 * Removes from node_modules of a production installation everything that no process reads: the parts for
 * other platforms, sources, types and source maps. The Dockerfile runs it. Prints what is left, in MB.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packages = join(import.meta.dirname, '..', 'node_modules');
if (existsSync(join(packages, 'esbuild')))
  refuse('this is no production installation: run npm ci --omit=dev first');

const before = size(packages);
keepOnly(join(packages, '@temporalio', 'core-bridge', 'releases'), nativeTarget());
for (const rust of ['src', 'sdk-core', 'Cargo.toml', 'Cargo.lock', 'bridge-macros'])
  rmSync(join(packages, '@temporalio', 'core-bridge', rust), { recursive: true, force: true });
keepOnly(
  join(packages, 'swagger-ui-dist'),
  'package.json',
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'LICENSE',
);
for (const file of filesIn(packages)) if (/\.(d\.[cm]?ts|map|tsbuildinfo)$/.test(file)) rmSync(file);
process.stdout.write(`node_modules: ${size(packages)} MB, before ${before} MB\n`);

/** The folder of this platform's native part, as the SDK itself finds it. */
function nativeTarget() {
  const require = createRequire(join(packages, 'any.js'));
  const { getPrebuiltPath } = require('@temporalio/core-bridge/common');
  return dirname(getPrebuiltPath()).split(/[\\/]/).at(-1);
}

function keepOnly(folder, ...names) {
  const found = readdirSync(folder);
  const missing = names.filter((name) => !found.includes(name));
  if (missing.length > 0) refuse(`${folder} has no ${missing.join(', ')}, which a process reads`);
  for (const name of found)
    if (!names.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** In MB of 1,000,000 bytes. */
function size(folder) {
  const bytes = filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0);
  return Math.round(bytes / 1e6);
}

function refuse(text) {
  process.stderr.write(`slim: ${text}\n`);
  process.exit(1);
}
