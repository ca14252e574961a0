#!/usr/bin/env node
/**
 * `npm run generate -w client`: writes src/openapi.ts from openapi.json. openapi-typescript needs TypeScript 5,
 * so it is installed into a cache, and not beside the compiler of this repository.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from './digest.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'openapi-typescript');
const document = join(root, 'openapi.json');
const target = join(root, 'client', 'src', 'openapi.ts');
const TOOLS = { dependencies: { 'openapi-typescript': '7.13.0', typescript: '5.9.3' }, private: true };

install();
execFileSync(join(cache, 'node_modules', '.bin', 'openapi-typescript'), [
  document,
  '--output',
  target,
  '--default-non-nullable=false',
]);
const head = `// openapi.json ${digestOf(readFileSync(document, 'utf8'))}\n`;
writeFileSync(target, `${head}${readFileSync(target, 'utf8')}`);
execFileSync(join(root, 'node_modules', '.bin', 'oxfmt'), [target]);

function install() {
  const manifest = JSON.stringify(TOOLS, null, 2);
  const path = join(cache, 'package.json');
  if (existsSync(join(cache, 'node_modules')) && readFileSync(path, 'utf8') === manifest) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(path, manifest);
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: cache,
    stdio: 'inherit',
  });
}
