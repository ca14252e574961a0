/** Moves a payment's money after it was paid: captures, refunds and voids, one after another, each at most once. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
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

/**
 * Carries out what the store's operations ask for. What the gateway has accepted or left unanswered is read for, never sent again.
 * Throws nothing but a refusal of its input; a request to cancel the workflow is ignored, since money that is on its way does not stop
 * for it.
 */
export function moneyOperations(input: MoneyInput): Promise<void> {
  return CancellationScope.nonCancellable(() => runOperations(input));
}

async function runOperations(input: MoneyInput): Promise<void> {
  const run = newMoneyRun(expectMoneyInput(input, workflowInfo().workflowId));
  receiveRequests(run);
  for (;;) {
    showMoving(run, null);
    await untilDue(run);
    // From here to `return` and to `continueAsNew` nothing is awaited: what has come is seen, what comes later starts anew.
    const due = nextDue(run, Date.now());
    if (due !== undefined) await attempt(run, due);
    else if (run.givesBack !== null && run.open.length === 0) await planNextGiveBack(run);
    else if (isOver(run)) return;
    else if (isLongAndQuiet(run)) await continueAsNew<typeof moneyOperations>(handOver(run));
  }
}

/** Whatever is sent, no handler throws: a run that can't take a message would never take another. */
function receiveRequests(run: MoneyRun): void {
  const receive = (sent: unknown, about?: unknown) => receiveOperation(run, textOf(sent), textOf(about));
  setHandler(operationRequested, receive, {
    description: 'An operation that is written down and not carried out',
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

async function untilDue(run: MoneyRun): Promise<void> {
  const isDue = () =>
    nextDue(run, Date.now()) !== undefined ||
    (run.givesBack !== null && run.open.length === 0) ||
    isOver(run) ||
    isLongAndQuiet(run);
  const first = Math.min(...run.open.map(({ due }) => due));
  if (!Number.isFinite(first)) return condition(isDue);
  await condition(isDue, Math.max(1, first - Date.now()), {
    summary: 'look for what the gateway has not finished',
  });
}

function isOver(run: MoneyRun): boolean {
  return run.open.length === 0 && run.givesBack === null && run.telling.size === 0 && allHandlersFinished();
}

function isLongAndQuiet(run: MoneyRun): boolean {
  return workflowInfo().continueAsNewSuggested && run.telling.size === 0 && allHandlersFinished();
}

function handOver({ input, open, givesBack }: MoneyRun): MoneyInput {
  const { paymentId, orderReference, n, gateway } = input;
  return { paymentId, orderReference, n, gateway, carried: { open, givesBack } };
}
