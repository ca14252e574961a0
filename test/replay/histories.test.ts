import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { workflowSources } from '../../src/worker/workflow-sources.ts';
import { workflowBundle, quietRuntime } from '../support/fake-workers.ts';
import { recordedId } from '../support/recorded-id.ts';
import { SCENARIO_NAMES } from '../support/record-histories.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const HISTORIES = join(ROOT, 'test', 'histories');
const files = (await readdir(HISTORIES)).filter((file) => file.endsWith('.json'));

let bundle: WorkflowBundle;
beforeAll(async () => {
  quietRuntime();
  bundle = await workflowBundle();
}, 60_000);

async function replay(workflowBundle: WorkflowBundle, file: string): Promise<void> {
  const history: unknown = JSON.parse(await readFile(join(HISTORIES, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle }, history, recordedId(history));
}

describe("today's workflow code", () => {
  it.each(files)('replays %s', async (file) => {
    await expect(replay(bundle, file)).resolves.toBeUndefined();
  });

  it('has a history for every path', () => {
    const missing = SCENARIO_NAMES.filter(
      (name) => !files.includes(`${name}.json`) && !files.includes(`${name}-1.json`),
    );
    expect(missing).toEqual([]);
  });
});

describe('a workflow that was changed', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  /** The sources with one text replaced. @throws Error where the text is not there any more */
  async function changed(file: string, from: string, to: string): Promise<WorkflowBundle> {
    const folder = await mkdtemp(join(tmpdir(), 'paidonce-changed-'));
    folders.push(folder);
    await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const path = join(folder, 'src', 'workflows', file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no "${from}" any more: choose another change`);
    await writeFile(path, text.replace(from, to));
    return bundleWorkflowCode({
      ...workflowSources(join(folder, 'src')),
      logger: new DefaultLogger('ERROR'),
    });
  }

  it.each([
    [
      'asks for one more activity',
      'look.ts',
      '  run.status = recorded.status;',
      '  await read(run, run.payment as OpenedPayment, null);\n  run.status = recorded.status;',
    ],
    [
      'calls an activity by another name',
      'proxies.ts',
      'export const { recordOutcome }',
      'export const { settleOutcome: recordOutcome }',
    ],
    ['looks twice', 'payment-session.ts', 'await look(run);', '{ await look(run); await look(run); }'],
    [
      'has another timer',
      'payment-session.ts',
      'await begin(run);\n  for',
      "await sleep('1 second');\n  await begin(run);\n  for",
    ],
  ])(
    'is refused when it %s',
    async (_, file, from, to) => {
      const other = await changed(file, from, to);
      await expect(replay(other, 'paid.json')).rejects.toThrow(/[Nn]on-?determini/);
    },
    60_000,
  );
});
