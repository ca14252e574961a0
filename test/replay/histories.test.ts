import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { NO_PAYLOAD_KEYS } from '../../src/config/payload-keys.ts';
import { HISTORY_KEYS } from '../support/payload-keys.ts';
import { workflowBundle, quietRuntime } from '../support/workers.ts';
import { SCENARIO_NAMES } from '../support/record-histories.ts';
import { uncoveredBy, type Block } from './coverage.ts';
import { exceptionFor, NOT_REPLAYED } from './exceptions.ts';
import {
  changedSources,
  firstFault,
  HISTORY_CONVERTER,
  replay,
  replayBundle,
  ROOT,
  storedHistories,
  type ChangedSources,
} from './replaying.ts';
import { sourceLine } from './sources.ts';

const histories = await storedHistories();
const names = histories.map(({ name }) => name);
beforeAll(quietRuntime);

describe("today's workflow code", () => {
  const faults = new Map<string, readonly string[]>();
  let uncovered: Block[];
  beforeAll(async () => {
    const bundle = await replayBundle();
    uncovered = await uncoveredBy(ROOT, bundle, async () => {
      for await (const replayed of replay(bundle, histories)) faults.set(replayed.name, replayed.faults);
    });
  }, 120_000);

  it.each(names)('replays %s with the same commands as then', (name) => {
    expect(faults.get(name)).toEqual([]);
  });

  it.each([
    ['plain', NO_PAYLOAD_KEYS, false],
    ['encrypting', HISTORY_KEYS, false],
    ['traced', NO_PAYLOAD_KEYS, true],
    ['encrypting and traced', HISTORY_KEYS, true],
  ])(
    'replays all of them as the shipped bundle too, the %s one',
    async (_, keys, isTraced) => {
      const refused: string[] = [];
      const options = {
        workflowBundle: await workflowBundle(keys, isTraced),
        dataConverter: HISTORY_CONVERTER,
      };
      for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
        if (error !== undefined) refused.push(`${workflowId}: ${error.message}`);
      expect(refused).toEqual([]);
    },
    60_000,
  );

  it('has a history for every scenario', () => {
    const missing = SCENARIO_NAMES.filter((name) => !names.includes(name) && !names.includes(`${name}-1`));
    expect(missing).toEqual([]);
  });

  it('has no history without a scenario', () => {
    const left = names.filter(
      (name) => !SCENARIO_NAMES.includes(name) && !SCENARIO_NAMES.includes(name.replace(/-\d+$/, '')),
    );
    expect(left).toEqual([]);
  });

  it('has a history for every block, except those that exceptions.ts names', () => {
    const missing = uncovered.filter(
      (block) => exceptionFor(NOT_REPLAYED, block.file, sourceLine(ROOT, block)) === undefined,
    );
    expect(missing.map(({ file, line, code }) => `${file}:${line}  ${code.slice(0, 200)}`)).toEqual([]);
  });

  it('has no exception that is no longer needed', () => {
    const lines = uncovered.map(({ file, line }) => ({ file, text: sourceLine(ROOT, { file, line }) }));
    const stale = NOT_REPLAYED.filter(
      (one) => !lines.some(({ file, text }) => file === one.file && text.includes(one.line)),
    );
    expect(stale).toEqual([]);
  });
});

describe('a workflow that was changed', () => {
  let sources: ChangedSources;
  beforeAll(async () => {
    sources = await changedSources();
  });
  afterAll(() => sources.remove());

  /**
   * The check that notices the replacement of one text. @throws Error where the text does not exist any more
   */
  async function noticedBy(file: string, from: string, to: string): Promise<string> {
    const text = await readFile(join(ROOT, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no "${from}" any more: choose another change`);
    const fault = await firstFault(await sources.bundle(file, text.replace(from, to)), histories);
    return fault === null ? 'nothing' : `${fault.name}: ${fault.faults.join('\n')}`;
  }

  it.each([
    [
      'calls one more activity',
      'src/workflows/look.ts',
      '  plan(run, payment, triggers, result);',
      '  await ask(run, payment, triggers, asked);\n  plan(run, payment, triggers, result);',
    ],
    [
      'looks twice',
      'src/workflows/payment-session.ts',
      'alone(run, () => look(run))',
      'alone(run, () => look(run).then(() => look(run)))',
    ],
    [
      'has another timer',
      'src/workflows/payment-session.ts',
      'receiveMessages(run);\n',
      "receiveMessages(run);\n  void sleep('1 second');\n",
    ],
  ])('is refused by Temporal when it %s', async (_, file, from, to) => {
    expect(await noticedBy(file, from, to)).toMatch(/[Nn]on-?determini/);
  });

  // Changes that Temporal's own replay accepts.
  it.each([
    ['follows a callback later', 'src/domain/ladder.ts', '1_000', '1_001', /timer \d+: its ms was/],
    [
      'calls an activity with another input',
      'src/workflows/look.ts',
      'closing: closing ?? run.closing,',
      'closing: null,',
      /activity \d+: its input was .* and is now/,
    ],
    [
      'waits longer',
      'src/domain/payment.ts',
      // A timer for which no recording waits, so that its history continues unchanged.
      'const HOUR_MS = 60 * 60_000;',
      'const HOUR_MS = 61 * 60_000;',
      /timer \d+: its ms was/,
    ],
    [
      'hands over less state to its next run',
      'src/workflows/payment-session.ts',
      'seen: [...run.seen],',
      'seen: [],',
      /continue-as-new: its input was/,
    ],
    [
      'answers an update differently',
      'src/workflows/session-commands.ts',
      "if (status === 'CANCELLED') return { kind: 'cancelled' };",
      "if (status === 'CANCELLED') return { kind: 'refused', status };",
      /update .* completed: its result was/,
    ],
    [
      'has fewer search attributes',
      'src/workflows/publish.ts',
      '{ key: TransactionIdKey, value: now.transactionId }',
      '{ key: TransactionIdKey, value: null }',
      /search attributes.*: its TransactionId was/,
    ],
    [
      'ends with another text',
      'src/workflows/publish.ts',
      "return 'nothing: settled';",
      "return 'nothing';",
      /end: its result was/,
    ],
  ])('is detected by our own comparison when it %s', async (_, file, from, to, words) => {
    expect(await noticedBy(file, from, to)).toMatch(words);
  });
});
