/** Callbacks whose signature did not match, with what was found out about them. */
import { clueInWords, isProof } from '../domain/refusal-clue.ts';
import type { Gateway } from '../gateways/gateway.ts';
import {
  refusedByClue,
  usedSecrets,
  type RefusedGroup,
  type UsedSecret,
} from '../store/refused-deliveries.ts';
import type { Db } from '../store/open.ts';
import { ok, warn, type CheckResult } from './check.ts';
import type { Figures } from './figures.ts';

const WITHIN_MS = 3_600_000;
const MOST_NAMED = 3;

export interface ExplainedRefusals {
  readonly groups: readonly RefusedGroup[];
  /** By gateway: the secret that signed last before, if it is no longer configured. */
  readonly former: ReadonlyMap<string, UsedSecret>;
}

/** What the store has about the last hour. */
export async function readRefusals(db: Db, gateways: readonly Gateway[]): Promise<ExplainedRefusals> {
  const groups = await refusedByClue(db, WITHIN_MS);
  const unexplained = gateways.filter(({ id }) =>
    groups.some((group) => group.gateway === id && !isExplained(group)),
  );
  const former = await Promise.all(
    unexplained.map(async (gateway) => [gateway.id, await formerSecret(db, gateway)] as const),
  );
  return {
    groups,
    former: new Map(former.flatMap(([id, secret]) => (secret === null ? [] : [[id, secret]]))),
  };
}

/** The secret that signed last, where it was removed from the configuration. */
async function formerSecret(db: Db, { id, secrets }: Gateway): Promise<UsedSecret | null> {
  const configured = secrets.flatMap(({ fingerprints }) => fingerprints);
  const used = await usedSecrets(db, id);
  const removed = used.filter(({ fingerprint }) => !configured.includes(fingerprint));
  const [last = null] = removed.toSorted(
    (left, right) => right.lastSignedAt.getTime() - left.lastSignedAt.getTime(),
  );
  return last;
}

function isExplained({ clue }: RefusedGroup): boolean {
  return clue !== null && clue.code !== 'no_match' && clue.code !== 'not_examined';
}

/** The figures count every wrong signature of this process; the store has some of all processes, explained. */
export function checkSignatures(figures: Figures, { groups, former }: ExplainedRefusals): CheckResult {
  const refused = figures
    .all('paidonce_deliveries_total')
    .filter(({ labels }) => labels['reason'] === 'wrong_signature')
    .reduce((sum, { value }) => sum + value, 0);
  if (refused === 0 && groups.every(({ clue }) => clue === null || !isProof(clue)))
    return ok('none was wrong since the service started');
  // What is proved comes first: a flood of forgeries must not hide it.
  const sorted = groups.toSorted((left, right) => rank(right) - rank(left)).slice(0, MOST_NAMED);
  const text = [`${refused} wrong since the service started`, ...sorted.map(wordsOf)].join('; ');
  const todos = new Set(
    sorted.filter(isExplained).flatMap(({ clue }) => (clue === null ? [] : [clueInWords(clue).todo])),
  );
  const removed = sorted.some((group) => !isExplained(group)) ? [...former].map(formerWords) : [];
  const todo = [...todos, ...removed];
  return warn(text, todo.length === 0 ? UNEXPLAINED : todo.join('; '));
}

const UNEXPLAINED =
  'check whether a secret was rotated at the gateway; otherwise somebody sends forged callbacks';

function rank(group: RefusedGroup): number {
  if (group.clue !== null && isProof(group.clue)) return 2;
  return isExplained(group) ? 1 : 0;
}

function wordsOf({ gateway, clue, count, firstAt, lastAt }: RefusedGroup): string {
  const [first, last] = [utc(firstAt), utc(lastAt)];
  const times = first === last ? `at ${first} UTC` : `from ${first} to ${last} UTC`;
  const found = clue === null ? 'not examined' : clueInWords(clue).text;
  return `${count} of ${gateway} ${times}: ${found}`;
}

function formerWords([gateway, { fingerprint, lastSignedAt }]: readonly [string, UsedSecret]): string {
  const at = lastSignedAt.toISOString().slice(0, 16).replace('T', ' ');
  return `callbacks of ${gateway} were signed until ${at} by secret ${fingerprint}, which is no longer configured: put it behind the newest one and restart every process`;
}

function utc(at: Date): string {
  return at.toISOString().slice(11, 19);
}
