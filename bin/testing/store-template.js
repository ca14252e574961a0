/**
 * A migrated embedded store, created once per run. The tests copy it, since creating one takes seconds of CPU
 * time.
 */
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

/** `folder` is a DATA_DIR. `remove` deletes it. */
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
