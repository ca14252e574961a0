/**
 * The process is killed once at each point between two effects, and each order reaches its right end by
 * itself.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CRASH_POINTS, type CrashPoint } from '../../src/crash-points.ts';
import { STORIES, type StoryName } from './support/crash-stories.ts';
import type { Story } from './support/crash-story.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { deathsOf, workThrough, type Cell, type CrashCase, type Crashed } from './support/crash-cells.ts';
import { startStack, type Stack } from './support/stack.ts';

/**
 * The number of services of each kind, by the process that is killed. Starting a process takes most of the
 * time.
 */
const CELLS = { worker: 4, api: 1, serve: 1 } as const;
const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'crash-points.md');

/**
 * Ordered by duration, the longest first: a second session is closed after a minute, and an activity without
 * heartbeat is noticed after 30 s.
 */
const CASES: readonly CrashCase[] = [
  ...each('surplus', ['open.surplus.before', 'open.surplus.after'], { first: 'open.create.after' }),
  ...each('busy capture', ['attempt.answer.after', 'attempt.not-sent.before', 'attempt.not-sent.after']),
  ...each('spent key', ['attempt.key.before', 'attempt.key.after']),
  ...each('refund by key', ['attempt.mark.after', 'attempt.operate.after']),
  ...each('cancel at Stripe', ['cancel.after']),
  ...each('unpaid at its end', ['look.end.before', 'look.end.after']),
  ...each('late', ['wake.before', 'wake.after']),
  ...each('stuck late', ['watch.before', 'watch.after']),
  ...each('auto capture', ['wake.before', 'wake.after']),
  ...each('two sessions', ['close-others.before', 'close-others.after']),
  ...each('late', ['give-back.claim.before', 'give-back.claim.after', 'attempt.operate.after']),
  ...each('late', ['attempt.mark.after'], { isUnknown: true }),
  ...each('late captured', ['attempt.operate.after']),
  ...each('pay', ['notify.claim.before', 'notify.post.before', 'notify.post.after', 'notify.record.after']),
  ...each('busy shop', ['notify.hand-over.before', 'notify.hand-over.after']),
  ...each('capture', ['attempt.mark.after'], { isUnknown: true }),
  ...each('refund', ['attempt.mark.after'], { isUnknown: true }),
  ...each('void', ['attempt.mark.after'], { isUnknown: true }),
  ...each('busy capture', ['attempt.answer.before'], { isUnknown: true }),
  ...each('lost capture', ['attempt.unknown.before', 'attempt.unknown.after']),
  ...each('capture', ['attempt.read.before', 'attempt.mark.before', 'attempt.operate.after']),
  ...each('refund', ['attempt.operate.after']),
  ...each('void', ['attempt.operate.after']),
  ...each('auto capture', ['attempt.operate.after']),
  ...each('capture', ['record.before', 'record.uncommitted', 'record.after'], { pass: 2 }),
  ...each('review', ['resolve.note.before', 'resolve.note.after', 'resolve.answer.before']),
  // The first record is the review. The second record has the decision, and uses its note.
  ...each('accept', ['record.before', 'record.uncommitted', 'record.after'], { pass: 2 }),
  ...each('accept', ['resolve.note.after']),
  ...each('cancel', ['cancel.before', 'cancel.after']),
  ...each('cancel', ['record.before', 'record.uncommitted', 'record.after']),
  ...each('adopt', ['open.adopt.before', 'open.adopt.after']),
  ...each('pay', ['read.before', 'read.after', 'record.before', 'record.uncommitted', 'record.after']),
  ...each('pay', ['open.create.after', 'open.record.after', 'open.start.after']),
  ...each('pay', ['ingress.log.before', 'ingress.log.after', 'ingress.signal.after']),
  ...each('capture', ['operation.claim.before', 'operation.claim.after', 'operation.answer.before']),
  ...each('pay', ['open.claim.before', 'open.claim.after']),
  ...each('open by key', ['open.create.after']),
];

let postgres: TestPostgres;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  stack = await startStack({ gateway: 'stripe', namespaces: namespaces() });
}, 150_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

function each(story: StoryName, points: readonly CrashPoint[], more: Partial<CrashCase> = {}): CrashCase[] {
  return points.map((point) => ({ point, story, pass: 1, isUnknown: false, ...more }));
}

function namespaces(): string[] {
  return Object.entries(CELLS).flatMap(([dies, count]) =>
    Array.from({ length: count }, (_, index) => `${dies}-${index}`),
  );
}

/**
 * An effect of the API is killed with the API. The record is killed with the embedded store, which runs in
 * the same process.
 */
function diesOf({ point, story }: CrashCase): keyof typeof CELLS {
  if (point.startsWith('record.') && story === 'pay') return 'serve';
  // The first death is the API's, the second one the worker's.
  if (story === 'surplus') return 'serve';
  // With a key, the run creates the session again: both processes pass the point.
  if (story === 'open by key') return 'serve';
  return /^(open\.(claim|create|record|start)|ingress|operation|resolve)\./.test(point) ? 'api' : 'worker';
}

async function cellOf(namespace: string): Promise<Cell> {
  const dies = namespace.split('-')[0] as keyof typeof CELLS;
  return {
    dies,
    namespace,
    ...(dies !== 'serve' && { databaseUrl: await postgres.createMigratedDatabase() }),
  };
}

/** Kills at every point, in every cell at once. */
async function killAll(cases: readonly CrashCase[]): Promise<Crashed[]> {
  const queues = { worker: [], api: [], serve: [] } as Record<keyof typeof CELLS, CrashCase[]>;
  for (const wanted of cases) queues[diesOf(wanted)].push(wanted);
  const working = namespaces().map(async (namespace) => {
    const cell = await cellOf(namespace);
    return workThrough(stack, cell, queues[cell.dies as keyof typeof CELLS]);
  });
  return (await Promise.all(working)).flat();
}

/**
 * On a busy machine a wait for an answer may end before the answer comes, and another process continues the
 * work. Then this process did not pass the point.
 */
async function killOnce(cases: readonly CrashCase[]): Promise<Crashed[]> {
  const crashed = await killAll(cases);
  const alive = crashed.filter(({ died }) => died === '');
  if (alive.length === 0) return crashed;
  const names = alive.map(({ point, story, facts }) => `${point} while ${story}: ${facts}`);
  process.stdout.write(`crash points: once more, since nothing died the first time:\n${names.join('\n')}\n`);
  const again = await killAll(cases.filter((wanted) => alive.some((one) => isSame(one, wanted))));
  return [...crashed.filter(({ died }) => died !== ''), ...again];
}

function isSame(one: CrashCase, other: CrashCase): boolean {
  return one.point === other.point && one.story === other.story && one.pass === other.pass;
}

function table(crashed: readonly Crashed[]): string {
  const points = Object.keys(CRASH_POINTS);
  const stories = Object.keys(STORIES);
  const rank = ({ point, story }: Crashed) => points.indexOf(point) * stories.length + stories.indexOf(story);
  const ranked = crashed.toSorted((left, right) => rank(left) - rank(right));
  const lines = ranked.map(({ point, story, facts }) =>
    [`\`${point}\``, CRASH_POINTS[point], STORIES[story].title, facts].join(' | '),
  );
  return lines.map((line) => `| ${line} |`).join('\n');
}

describe('a process that is killed between two effects', () => {
  it('loses nothing, doubles nothing, and the merchant is notified', async () => {
    const only = process.env['E2E_CRASH_ONLY'];
    const isWanted = ({ point, story }: CrashCase) => `${story}/${point}`.includes(only ?? '');
    const crashed = await killOnce(CASES.filter(isWanted));
    const bad = crashed.filter(({ died, facts, ...wanted }) => {
      const { ends, endsUnknown }: Story = STORIES[wanted.story];
      const deaths = Array.from({ length: deathsOf(wanted) }, () => 'SIGKILL');
      return died !== deaths.join() || facts !== (wanted.isUnknown ? endsUnknown : ends);
    });
    expect(bad).toEqual([]);
    if (only === undefined) expectDocumented(crashed);
  }, 900_000);

  it('has a story for every point', () => {
    expect(new Set(CASES.map(({ point }) => point))).toEqual(new Set(Object.keys(CRASH_POINTS)));
  });
});

function expectDocumented(crashed: readonly Crashed[]): void {
  const text = `# Crash points

Generated by \`test/e2e/crash-points.test.ts\` with \`UPDATE=1\`. The test kills the process
(\`kill -9\`) once at each of these points, starts it again, and compares the end with the last
column. The sweep does not run. No person helps: only a caller that got no answer repeats its call,
and the gateway repeats its callbacks. Where nothing happens between two effects, one point is both the
point after the first and the point before the second. \`PAIDONCE_CRASH_AT\` kills a process of yours
at a point: CONTRIBUTING.md, "How the suite runs".

An operation is \`unknown\` where it was recorded as sent and its answer is not known. paidonce reads
the gateway until it shows the operation. It never sends it again, except with the same key where the
gateway takes keys (Stripe). Without keys, after an hour the operation is
given up (\`not_confirmed\`), and money that should have gone back puts its payment into REVIEW.
\`test/workflows/money-hours.test.ts\` lets that hour pass.

| Point | The process dies when | While | In the end |
| --- | --- | --- | --- |
${table(crashed)}
`;
  if (process.env['UPDATE'] !== undefined) writeFileSync(DOCUMENT, text);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(text);
}
