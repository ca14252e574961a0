import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The compiled product; PAIDONCE_DIST names another one than this checkout's own, which is brought up to date first. */
export async function builtFolder(): Promise<string> {
  const given = process.env['PAIDONCE_DIST'];
  if (given !== undefined) return given;
  await promisify(execFile)(process.execPath, [join(ROOT, 'bin', 'build.js')]);
  return join(ROOT, 'dist');
}
