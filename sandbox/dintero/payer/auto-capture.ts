/** Sessions that Dintero captures automatically: before or after the callback, or with a failure. */
import { randomUUID } from 'node:crypto';
import type { CallbackChoice } from '../callbacks/callback-plan.ts';
import { changeTransaction } from '../transactions/status-machine.ts';
import { scheduleResolution } from '../transactions/announce.ts';
import type { AutoCapture } from '../faults/fault-schema.ts';
import { writeFailure } from '../money/money-events.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

const BY = 'auto-capture';

/** How this session is captured automatically; undefined if it is not. */
export function autoCaptureOf(
  { faults }: Sandbox,
  session: Session,
  asked: AutoCapture | undefined,
  card: { readonly timesOut: string | undefined },
): AutoCapture | undefined {
  const usual = faults.knobs.autoCapture;
  if (session.configuration?.['auto_capture'] !== true && !usual.forAll) return undefined;
  if (card.timesOut !== 'auto_capture') return { ...usual, ...asked };
  return { ...usual, mode: 'fails', afterMs: faults.knobs.cardTimeoutMs, ...asked };
}

/** Whether the callback is sent only after the capture. */
export function withholdsCallback({ mode, afterMs = 0 }: AutoCapture): boolean {
  return mode === 'before_callback' && afterMs > 0;
}

/** Captures an authorized transaction now, later, or after a failed first attempt. */
export function autoCapture(
  sandbox: Sandbox,
  transaction: Transaction,
  plan: AutoCapture,
  callback: CallbackChoice,
): void {
  const { mode, afterMs } = plan;
  if (mode === 'before_callback' && !withholdsCallback(plan)) {
    changeTransaction(transaction, { status: 'CAPTURED', by: BY });
    return;
  }
  if (mode === 'fails') {
    const session = sandbox.ledger.session(transaction.session_id);
    const facts = { session, by: BY, requestId: randomUUID() };
    writeFailure(transaction, { kind: 'capture', amount: transaction.amount }, facts);
    if (afterMs === undefined) return;
  }
  const isResult = mode === 'before_callback';
  const told = isResult ? { isResult, callback } : {};
  scheduleResolution(sandbox, transaction, {
    status: 'CAPTURED',
    by: BY,
    afterMs: afterMs ?? 1_000,
    ...told,
  });
}
