import { expireSession } from '../checkout/expire-session.ts';
import { bookNow } from '../payments/attempt.ts';
import { lapse } from '../payments/cancel-intent.ts';
import { settleProcessing } from '../payments/settle-processing.ts';
import type { Later } from '../records/stripe-records.ts';
import { failRefund, succeedRefund } from '../refunds/settle-refund.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

/** Carries out the appointments. One that an earlier call made impossible is left out. */
export function connectDue(sandbox: StripeSandbox): void {
  sandbox.onDue = (later) => carryOut(sandbox, later);
}

function carryOut(sandbox: StripeSandbox, { what, subject, outcome }: Later): void {
  const { ledger } = sandbox;
  const [session, intent, charge, refund] = [
    ledger.sessions.get(subject),
    ledger.intents.get(subject),
    ledger.charges.get(subject),
    ledger.refunds.get(subject),
  ];
  if (what === 'expire_session' && session?.status === 'open') expireSession(sandbox, session);
  if (what === 'lapse' && intent?.status === 'requires_capture') lapse(sandbox, intent);
  if (what === 'settle_processing' && intent?.status === 'processing')
    settleProcessing(sandbox, intent, outcome === 'failed' ? 'failed' : 'succeeded');
  if (what === 'book' && charge !== undefined && charge.balance_transaction === null)
    bookNow(sandbox, charge);
  if (what !== 'settle_refund' || refund === undefined) return;
  if (outcome === 'failed' && ['pending', 'succeeded'].includes(refund.status)) failRefund(sandbox, refund);
  else if (refund.status === 'pending') succeedRefund(sandbox, refund);
}
