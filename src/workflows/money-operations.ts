/**
 * Moves a payment's money after it was paid: captures, refunds and voids, one after another, each at most
 * once.
 */
import { CancellationScope, condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { expectGiveBack, expectMoneyInput, expectOperationId, giveBackOf, textOf } from './arguments.ts';
import {
  carryOut,
  giveBack,
  giveBackRequested,
  operationRequested,
  type GiveBackRequest,
  type MoneyInput,
} from './messages.ts';
import { attempt, planNextGiveBack } from './money-attempt.ts';
import {
  isBusy,
  newMoneyRun,
  nextDue,
  request,
  requestGiveBack,
  showMoving,
  type MoneyRun,
} from './money-run.ts';
import { runLoop } from './run-loop.ts';

/**
 * Carries out the operations that the store has. An operation that the gateway has accepted or left
 * unanswered is looked for in readings, and never sent again. Throws only to refuse its input. A request to
 * cancel the workflow is ignored, since it does not stop money that is on its way.
 */
export function moneyOperations(input: MoneyInput): Promise<void> {
  return CancellationScope.nonCancellable(() => runOperations(input));
}

function runOperations(input: MoneyInput): Promise<void> {
  const run = newMoneyRun(expectMoneyInput(input, workflowInfo().workflowId));
  receiveRequests(run);
  showMoving(run, null);
  return runLoop<void>({
    due: (now) => dueOf(run, now),
    timer: () => timerOf(run),
    isQuiet: () => run.beside.size === 0,
    end: () => (run.open.length === 0 && run.givesBack === null ? { result: undefined } : null),
    continueAsNew: () => continueAsNew<typeof moneyOperations>(handOver(run)),
  });
}

function dueOf(run: MoneyRun, now: number): (() => Promise<void>) | null {
  const due = nextDue(run, now);
  if (due !== undefined) return () => shown(run, attempt(run, due));
  const isToPlan = run.givesBack !== null && run.open.length === 0;
  return isToPlan ? () => shown(run, planNextGiveBack(run)) : null;
}

async function shown(run: MoneyRun, work: Promise<void>): Promise<void> {
  await work;
  showMoving(run, null);
}

function timerOf(run: MoneyRun): { at: number; summary: string } | null {
  const at = Math.min(...run.open.map(({ due }) => due));
  return Number.isFinite(at) ? { at, summary: 'read operations that the gateway has not finished' } : null;
}

/** No handler throws, whatever is sent: a run that fails on one message could never process another. */
function receiveRequests(run: MoneyRun): void {
  const receive = (sent: unknown, about?: unknown) => receiveOperation(run, textOf(sent), textOf(about));
  setHandler(operationRequested, receive, {
    description: 'An operation that the store has and that is not carried out yet',
  });
  setHandler(giveBackRequested, (sent: unknown) => requestGiveBack(run, giveBackOf(sent)), {
    description: 'Money that may not be kept',
  });
  const carryOutAsked = (sent: unknown, about?: unknown) =>
    carryOutNow(run, expectOperationId(sent), textOf(about));
  setHandler(carryOut, carryOutAsked, {
    description: 'Captures, refunds or voids',
    validator: (sent: unknown, _about?: unknown) => void expectOperationId(sent),
  });
  setHandler(giveBack, (sent: unknown) => giveBackNow(run, expectGiveBack(sent)), {
    description: 'Gives the money back',
    validator: (sent: unknown) => void expectGiveBack(sent),
  });
}

function receiveOperation(run: MoneyRun, operationId: string | null, about: string | null): void {
  if (operationId !== null) request(run, operationId, about, Date.now());
}

async function carryOutNow(run: MoneyRun, operationId: string, about: string | null): Promise<void> {
  request(run, operationId, about, Date.now());
  await condition(() => !isBusy(run, operationId));
}

async function giveBackNow(run: MoneyRun, asked: GiveBackRequest): Promise<void> {
  requestGiveBack(run, asked);
  await condition(
    () =>
      run.givesBack === null ||
      (run.open.length > 0 && !run.open.some(({ operationId }) => isBusy(run, operationId))),
  );
}

function handOver({ input, open, givesBack, nextGiveBack }: MoneyRun): MoneyInput {
  const { paymentId, orderReference, n, gateway } = input;
  return {
    paymentId,
    orderReference,
    n,
    gateway,
    carried: { open, givesBack, nextGiveBack },
  };
}
