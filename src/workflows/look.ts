/**
 * One look: when it is made, with which triggers, and when the next one is due. What the gateway's answer
 * means is decided elsewhere.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { LookInput, LookResult } from '../activities/contract.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import type { Closing } from '../domain/payment.ts';
import type { Triggers } from '../domain/trigger.ts';
import { insteadOf } from './ended.ts';
import { followUp } from './follow-up.ts';
import { background, PRIORITY } from './proxies.ts';
import { publishSearchAttributes, showLook, summaryOf, viewOf } from './publish.ts';
import { planAfterClearAnswer, planAfterUnclearAnswer, takeTriggers, type RunState } from './run-state.ts';

/** The reasons for a look beside a run's own triggers. */
export interface Asked {
  /** The session is being closed for this reason. */
  readonly closing?: Closing;
  readonly decided?: LookInput['decided'];
}

/** Makes one look for all triggers that have come so far. Null where the activity ended without a result. */
export async function look(run: RunState, asked: Asked = {}): Promise<LookResult | null> {
  if (run.phase.kind !== 'watching') return null;
  const now = Date.now();
  const triggers = takeTriggers(run, now);
  showLook(run, triggers);
  const before = viewOf(run);
  const known = run.phase.payment;
  const result = await ask(run, known, triggers, asked);
  const payment = { ...known, ...result?.payment };
  run.unclearSince = result === null ? (run.unclearSince ?? now) : result.unclearSince;
  if (result !== null) {
    run.phase = { kind: 'watching', payment };
    publishSearchAttributes(run, before);
    followUp(run, result.next);
  }
  plan(run, payment, triggers, result);
  return result;
}

async function ask(
  run: RunState,
  { sessionId, transactionId }: OpenedPayment,
  triggers: Triggers,
  { closing, decided }: Asked,
): Promise<LookResult | null> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const priority = isWaitedFor(triggers, decided) ? PRIORITY.waitedFor : PRIORITY.usual;
  const summary = summaryOf(`look at ${transactionId ?? `session ${sessionId}`}`);
  const input: LookInput = {
    paymentId,
    orderReference,
    n,
    gateway,
    key: `${workflowInfo().runId}-${run.looks}`,
    triggers,
    now: Date.now(),
    unclearSince: run.unclearSince,
    closing: closing ?? run.closing,
    ...(decided && { decided }),
  };
  try {
    return await background(gateway).lookAtPayment.executeWithOptions({ summary, priority }, [input]);
  } catch (error) {
    return insteadOf(error, null);
  }
}

/**
 * Looks that someone waits for: a gateway that called us, a payer who came back, a caller of our API. Timers
 * and the sweep do not wait.
 */
function isWaitedFor(
  { callbacks, pokes, requests, timer, expiry }: Triggers,
  decided: Asked['decided'],
): boolean {
  if (decided !== undefined || callbacks.length > 0 || expiry === 'payer') return true;
  if (pokes.some(({ why }) => why === 'return') || requests.some(({ why }) => why === 'operator'))
    return true;
  // Only a command looks without any trigger.
  return pokes.length === 0 && requests.length === 0 && timer === null && expiry === null;
}

function plan(
  run: RunState,
  payment: OpenedPayment,
  triggers: Triggers,
  result: Pick<LookResult, 'answer'> | null,
): void {
  const now = Date.now();
  if (result?.answer === 'clear') planAfterClearAnswer(run, payment, now);
  else planAfterUnclearAnswer(run, payment, triggers, { now, isUnclear: result?.answer !== 'wait' });
}
