/** What one run of `moneyOperations` knows, and the pure steps that change it. */
import { setCurrentDetails } from '@temporalio/workflow';
import { delayAfter } from '../domain/ladder.ts';
import type { GiveBackRequest, MoneyInput, OpenOperation } from './messages.ts';
import { inMarkdown, WHERE_ATTEMPTS_ARE } from './publish.ts';

const DELAY_AT_LAST_MS = 60 * 60_000;
const HOUR_MS = 60 * 60_000;

export interface MoneyRun {
  readonly input: MoneyInput;
  open: OpenOperation[];
  givesBack: GiveBackRequest | null;
  /** How often that was asked for: what is asked for while the gateway is being read is not answered by that reading. */
  giveBacksAsked: number;
  /** Counts its activities, so that what each records has a key of its own. */
  steps: number;
  /** In words, for people; null while nothing is being done. */
  doing: string | null;
  /** What is done beside the loop, in words. */
  readonly beside: Set<string>;
}

export function newMoneyRun(input: MoneyInput): MoneyRun {
  const { open = [], givesBack = null } = input.carried ?? {};
  const counts = { giveBacksAsked: 0, steps: 0 };
  return { input, open: [...open], givesBack, ...counts, doing: null, beside: new Set() };
}

/** A request that comes twice is served once. `about` says what it is, for people; null where nobody has said. */
export function request(run: MoneyRun, operationId: string, about: string | null, now: number): void {
  if (run.open.some((open) => open.operationId === operationId)) return;
  const said = about === null ? {} : { about };
  run.open.push({ operationId, ...said, since: now, tries: 0, due: now });
}

/** `capture 722.00 NOK of T123.abc (op_…)`, or the id alone. */
export function wordsOf({ operationId, about }: OpenOperation): string {
  return about === undefined ? operationId : `${about} (${operationId})`;
}

/** Each request is answered by a reading that is younger than it. */
export function requestGiveBack(run: MoneyRun, asked: GiveBackRequest | null): void {
  if (asked === null) return;
  run.givesBack ??= asked;
  run.giveBacksAsked += 1;
}

/** The one that has waited longest. */
export function nextDue(run: MoneyRun, now: number): OpenOperation | undefined {
  return run.open.filter(({ due }) => due <= now).sort((left, right) => left.since - right.since)[0];
}

/** Nothing is known of it yet: its caller waits. */
export function isBusy(run: MoneyRun, operationId: string): boolean {
  return run.open.some((open) => open.operationId === operationId && open.tries === 0);
}

/** To be looked at again after 1, 2, 5, 15, 60 s, then every 5 minutes, after an hour every hour. */
export function postpone(run: MoneyRun, operationId: string, now: number): void {
  run.open = run.open.map((open) => (open.operationId === operationId ? later(open, now) : open));
}

function later(open: OpenOperation, now: number): OpenOperation {
  const isOld = now - open.since >= HOUR_MS;
  const delay = isOld ? DELAY_AT_LAST_MS : delayAfter(open.tries);
  return { ...open, tries: open.tries + 1, due: now + delay };
}

export function close(run: MoneyRun, operationId: string): void {
  run.open = run.open.filter((open) => open.operationId !== operationId);
}

/** A few lines of Markdown at the head of the run's page. */
export function showMoney(run: MoneyRun): void {
  const { orderReference, paymentId, gateway } = run.input;
  const open = run.open.map((one) => `- ${inMarkdown(wordsOf(one))}, looked at ${one.tries} times`);
  setCurrentDetails(
    [
      `Money of order \`${orderReference}\`, payment \`${paymentId}\`, at ${gateway}`,
      ...(run.givesBack === null ? [] : [`- to be given back: ${run.givesBack.cause}`]),
      ...open,
      ...(run.doing === null ? [] : [`- ${inMarkdown(run.doing)}`, `- ${WHERE_ATTEMPTS_ARE}`]),
      ...[...run.beside].map((what) => `- beside that, sees to it ${what}`),
    ].join('\n'),
  );
}

/** Says at once what is being done, null when it is done: while an activity is out, nothing else would. */
export function showMoving(run: MoneyRun, doing: string | null): void {
  run.doing = doing === null ? null : `${doing}, since ${new Date(Date.now()).toISOString()}`;
  showMoney(run);
}
