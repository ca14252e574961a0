/** The product as it runs in production, for child processes, since Node 20 runs no TypeScript. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The folder of the compiled core: PAIDONCE_DIST, or that of this checkout, which is compiled first if
 * needed. @throws Error where it does not compile
 */
export async function builtFolder(): Promise<string> {
  const given = process.env['PAIDONCE_DIST'];
  if (given !== undefined) return given;
  await promisify(execFile)(process.execPath, [join(ROOT, 'bin', 'build.js')]);
  return join(ROOT, 'dist', 'src');
}
