import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'paidonce-data-directory-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

it('an embedded store starts afresh where an earlier start was killed while it created the store', async () => {
  const unfinished = join(dataDir, 'store-unfinished-killed');
  await mkdir(unfinished);
  await writeFile(join(unfinished, 'PG_VERSION'), 'half');
  const store = await openStore({ dataDir });
  await store.migrate();
  await store.close();
  expect(await readdir(dataDir)).toEqual(['store']);
}, 60_000);

it("an embedded store unlocks the folder when it can't be opened", async () => {
  await mkdir(join(dataDir, 'store'));
  await writeFile(join(dataDir, 'store', 'something-else'), '');
  await expect(openStore({ dataDir })).rejects.toThrow(/not empty/);
  await expect(openStore({ dataDir })).rejects.toThrow(/not empty/);
}, 60_000);
