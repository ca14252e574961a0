/** The embedded store belongs to one process, and survives the death of that process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryInUse, lockDirectory } from '../../src/store/directory-lock.ts';
import { openStore } from '../../src/store/open.ts';
import { listPayments } from '../../src/store/list-payments.ts';
import { startModule, type Child } from '../support/child.ts';
import { builtFolder } from '../support/compiled.ts';
import { until } from '../support/until.ts';

describe('the embedded store on disk', () => {
  let dist: string;
  let directory: string;
  const children: Child[] = [];
  beforeAll(async () => {
    dist = await builtFolder();
  }, 180_000);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paidonce-lock-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      await child.ended;
    }
    await rm(directory, { recursive: true, force: true });
  });

  function start(source: string): Child {
    const child = startModule(source.replaceAll('DIST', dist).replaceAll('DIRECTORY', directory));
    children.push(child);
    return child;
  }

  const HOLD = `
    import { lockDirectory } from 'DIST/store/directory-lock.js';
    try {
      await lockDirectory('DIRECTORY');
      console.log('held');
      setInterval(() => {}, 1_000);
    } catch (error) {
      console.log(error.name + ': ' + error.message);
    }`;

  const WRITE = `
    import { openStore } from 'DIST/store/open.js';
    import { claimPayment } from 'DIST/store/claim-payment.js';
    const store = await openStore({ dataDir: 'DIRECTORY' });
    await store.migrate();
    for (let index = 0; ; index += 1) {
      const claim = await claimPayment(store.db, { gateway: 'dintero', orderReference: 'o' + index, expiresAt: new Date(Date.now() + 1_000),
        money: { amountMinor: 1, currency: 'NOK' }, capture: 'manual', request: { lines: [] }, metadata: {} });
      console.log(claim.payment.id);
    }`;

  it('is refused to a second process, with the remedy', async () => {
    const first = start(HOLD);
    await until('the first process holds it', () => first.lines.length > 0);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await expect(lockDirectory(join(directory, '..', directory.split('/').at(-1) ?? ''))).rejects.toThrow(
      /is in use by another process; stop it, or set DATA_DIR/,
    );
  });

  it('is refused to a second holder in the same process', async () => {
    const unlock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await unlock();
    await (
      await lockDirectory(directory)
    )();
  });

  it('is free at once when its holder was killed', async () => {
    const first = start(HOLD);
    await until('the first process holds it', () => first.lines.length > 0);
    first.kill('SIGKILL');
    await first.ended;
    await (
      await lockDirectory(directory)
    )();
  });

  it('is opened by exactly one of six processes that start at once, also after a killed one', async () => {
    const dead = start(HOLD);
    await until('the first process holds it', () => dead.lines.length > 0);
    dead.kill('SIGKILL');
    await dead.ended;
    const starters = Array.from({ length: 6 }, () => start(HOLD));
    await until('all six have an answer', () => starters.every(({ lines }) => lines.length > 0), 60_000);
    const answers = starters.map(({ lines }) => lines[0]?.split(':')[0]);
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'DirectoryInUse')).toHaveLength(5);
  });

  it('loses no acknowledged row when its writer is killed', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const writer = start(WRITE.replace("'o' + index", `'r${round}-' + index`));
      await until('the writer has written for a while', () => writer.lines.length >= 100, 90_000);
      writer.kill('SIGKILL');
      await writer.ended;
      acknowledged.push(...writer.lines);
    }
    const store = await openStore({ dataDir: directory });
    const kept = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const page = await listPayments(store.db, { limit: 500, cursor });
      for (const { id } of page.rows) kept.add(id);
      cursor = page.rows.at(-1)?.id;
      if (!page.hasMore) break;
    }
    await store.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  }, 300_000);
});
