/** A migrated embedded store, made once per run: the tests copy it, since making one takes seconds of computing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../prepare.js';

const PROGRAM = `
  import { openStore } from './dist/src/store/open.js';
  const store = await openStore({ dataDir: process.argv[1] });
  await store.migrate();
  await store.close();
`;

/** `folder` is a DATA_DIR, `remove` takes it away. */
export async function makeStoreTemplate() {
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-template-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const args = ['--input-type=module', '--eval', PROGRAM, folder];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: root });
  } catch (error) {
    remove();
    throw new Error(`making an embedded store failed: ${error.stderr || error.message}`, { cause: error });
  }
  return { folder, remove };
}
