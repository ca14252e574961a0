/**
 * A migrated store of each kind, created once per run. The tests copy it, since creating an embedded one takes seconds
 * of CPU time, and migrating a database half a second.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../prepare.js';

const EMBEDDED = `
  import { openStore } from './dist/src/store/open.js';
  const store = await openStore({ dataDir: process.argv[1] });
  await store.migrate();
  await store.close();
`;

const DATABASE = `
  import pg from 'pg';
  import { migratePostgres } from './dist/src/store/migrations.js';
  const [, url, name] = process.argv;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create database ' + name);
  await client.end();
  await migratePostgres(Object.assign(new URL(url), { pathname: '/' + name }).href);
`;
const TEMPLATE = 'paidonce_template';

/** The name of a database on this server, for \`create database … template\`. */
export async function makeDatabaseTemplate(url) {
  await runProgram(DATABASE, [url, TEMPLATE]).catch((error) => {
    throw new Error(`making a database failed: ${error.stderr || error.message}`, { cause: error });
  });
  return TEMPLATE;
}

function runProgram(program, args) {
  const flags = ['--input-type=module', '--eval', program, ...args];
  return promisify(execFile)(process.execPath, flags, { cwd: root });
}

/** `folder` is a DATA_DIR. `remove` deletes it. */
export async function makeStoreTemplate() {
  const folder = mkdtempSync(join(tmpdir(), 'paidonce-template-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await runProgram(EMBEDDED, [folder]);
  } catch (error) {
    remove();
    throw new Error(`making an embedded store failed: ${error.stderr || error.message}`, { cause: error });
  }
  return { folder, remove };
}
