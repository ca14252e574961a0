/** The state of one run of `moneyOperations`, and the pure steps that change it. */
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
  /**
   * A person's decision that came while an earlier request was being carried out. The merchant may learn of a
   * failure before this run does, so that the decision is the answer to it.
   */
  nextGiveBack: GiveBackRequest | null;
  /**
   * Counts the requests to give back. A request that comes during a reading is not answered by that reading.
   */
  giveBacksAsked: number;
  /** Counts the run's activities. Each record gets a key of its own from it. */
  steps: number;
  /** In words, for people; null while nothing is being done. */
  doing: string | null;
  /** Work that is done beside the loop, in words. */
  readonly beside: Set<string>;
}

export function newMoneyRun(input: MoneyInput): MoneyRun {
  const { open = [], givesBack = null, nextGiveBack = null } = input.carried ?? {};
  const counts = { giveBacksAsked: 0, steps: 0 };
  return { input, open: [...open], givesBack, nextGiveBack, ...counts, doing: null, beside: new Set() };
}

/**
 * A repeated request is served once. `about` describes the operation for people; null where no description
 * was sent.
 */
export function request(run: MoneyRun, operationId: string, about: string | null, now: number): void {
  if (run.open.some((open) => open.operationId === operationId)) return;
  const said = about === null ? {} : { about };
  run.open.push({ operationId, ...said, since: now, tries: 0, due: now });
}

/** `capture 722.00 NOK of T123.abc (op_…)`, or the id alone. */
export function wordsOf({ operationId, about }: OpenOperation): string {
  return about === undefined ? operationId : `${about} (${operationId})`;
}

/** A reading answers only the requests that came before it. */
export function requestGiveBack(run: MoneyRun, asked: GiveBackRequest | null): void {
  if (asked === null) return;
  run.giveBacksAsked += 1;
  if (run.givesBack === null) run.givesBack = asked;
  else if (asked.cause === 'operator' && !isDecidedIn(run.givesBack, asked.noteKey)) run.nextGiveBack = asked;
}

function isDecidedIn(request: GiveBackRequest, noteKey: string): boolean {
  return request.cause === 'operator' && request.noteKey === noteKey;
}

/** The current request is answered, and the decision that came meanwhile is next. */
export function endGiveBack(run: MoneyRun): void {
  run.givesBack = run.nextGiveBack;
  run.nextGiveBack = null;
}

/** The due operation that has waited longest. */
export function nextDue(run: MoneyRun, now: number): OpenOperation | undefined {
  return run.open.filter(({ due }) => due <= now).sort((left, right) => left.since - right.since)[0];
}

/** The first try is not over yet: the caller waits. */
export function isBusy(run: MoneyRun, operationId: string): boolean {
  return run.open.some((open) => open.operationId === operationId && open.tries === 0);
}

/** Schedules the next attempt after 1, 2, 5, 15, 60 s, then every 5 minutes, and after an hour every hour. */
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

/** A few lines of Markdown at the top of the run's page. */
export function showMoney(run: MoneyRun): void {
  const { orderReference, paymentId, gateway } = run.input;
  const open = run.open.map((one) => `- ${inMarkdown(wordsOf(one))}, tried or read ${one.tries} times`);
  setCurrentDetails(
    [
      `Money of order \`${orderReference}\`, payment \`${paymentId}\`, at ${gateway}`,
      ...(run.givesBack === null ? [] : [`- to be given back: ${run.givesBack.cause}`]),
      ...open,
      ...(run.doing === null ? [] : [`- ${inMarkdown(run.doing)}`, `- ${WHERE_ATTEMPTS_ARE}`]),
      ...[...run.beside].map((what) => `- at the same time: ${what}`),
    ].join('\n'),
  );
}

/**
 * Shows at once what is being done; null when it is done. While an activity runs, nothing else would show it.
 */
export function showMoving(run: MoneyRun, doing: string | null): void {
  run.doing = doing === null ? null : `${doing}, since ${new Date(Date.now()).toISOString()}`;
  showMoney(run);
}
