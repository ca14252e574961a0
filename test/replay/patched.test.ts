import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowBundle } from '@temporalio/worker';
import { quietRuntime } from '../support/workers.ts';
import { replay, replayBundle, storedHistories } from './replaying.ts';

const FOLDER = join(import.meta.dirname, 'patched');
const histories = await storedHistories(FOLDER);
beforeAll(quietRuntime);

/** A change that would break running workflows, from its first version to its last trace: ADR 0014. */
describe('the life cycle of a patch', () => {
  it.each([
    ['v1', 'before the change', ['v1']],
    ['v2', 'with both branches', ['v1', 'v2', 'v3']],
    ['v3', 'with the patch deprecated', ['v2', 'v3', 'v4']],
    ['v4', 'without it', ['v3', 'v4']],
  ])('%s, %s, continues runs that %j has begun, and no others', async (version, _, fits) => {
    const bundle: WorkflowBundle = await replayBundle({ workflowsPath: join(FOLDER, `${version}.ts`) });
    const replayed: string[] = [];
    for await (const { name, faults } of replay(bundle, histories)) {
      if (faults.length === 0) replayed.push(name);
      else expect(faults.join('\n')).toMatch(/[Nn]on-?determini/);
    }
    expect(replayed).toEqual(fits);
  });
});
