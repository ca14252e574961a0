/** Compiles bench/ and runs one of its programs against dist/. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.js';

/** `program` is a path under bench/, without its extension. */
export async function runBench(program) {
  await prepare();
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'bench', 'tsconfig.json')], {
    stdio: ['ignore', 2, 2],
  });
  await import(`../dist-bench/bench/${program}.js`);
}
