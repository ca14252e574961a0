/** The events of the sandbox of Dintero, each by calls of its `/__sim`: docs/sandbox.md. */
import type { PlayedPayment, SandboxCall, SandboxEvent } from '../sandbox-event.ts';
import {
  CALLED_LATE,
  CALLED_THREE_TIMES,
  CALLED_TWICE_AT_ONCE,
  atTheBank,
  cancels,
  declines,
  inTrouble,
  isHeld,
  named,
  open,
  pays,
  paysAndLeaves,
  paysAtOnce,
  paysCalling,
  paysLess,
  refundStaysPending,
  released,
  SIGNED_LONG_AGO,
  staysOnHold,
} from '../shared/sandbox-events.ts';

export const DINTERO_EVENTS: readonly SandboxEvent[] = named({
  payment: open('the payer pays; the callback and the return hit arrive', pays),
  capture: open('the payer pays by a method that captures at once', paysAtOnce),
  hold: open('the payment is on hold, and is authorized 3 seconds later', isHeld('AUTHORIZED')),
  hold_fails: open('the payment is on hold, and fails 3 seconds later', isHeld('FAILED')),
  stays_on_hold: open('the payment is on hold, and stays so', staysOnHold),
  decline: open('the payment is declined', declines),
  cancel: open('the payer cancels', cancels),
  duplicate: open(
    'the payer pays; the callback comes three times, with a delivery id each',
    paysCalling(CALLED_THREE_TIMES),
  ),
  both: open(
    'the payer pays; two callbacks and the return hit arrive at once',
    paysCalling(CALLED_TWICE_AT_ONCE),
  ),
  late: open(
    'the payer pays and closes the browser; the callback comes 5 seconds later',
    paysAndLeaves(CALLED_LATE),
  ),
  lost: open(
    'the payer pays and closes the browser; no callback comes: the sweep finds it',
    paysAndLeaves(false),
  ),
  trouble: inTrouble('the payer pays; Dintero answers the next two reads of the session with 500'),
  forged: {
    happensTo: 'open',
    summary: 'a callback with a wrong signature arrives; no payer has paid',
    calls: ({ sessionId }) => [{ path: `sessions/${sessionId}/callback`, body: { sign: 'wrong' } }],
  },
  stale: open(
    'the payer pays; the callback has a signature of 6 minutes ago',
    paysAndLeaves(SIGNED_LONG_AGO),
  ),
  wrong_amount: open('the payer pays less than the order', paysLess),
  refund: {
    happensTo: 'paid',
    summary: 'a person refunds the payment in the Backoffice',
    calls: (payment) => [...captured(payment), inBackoffice('refund', payment)],
  },
  void: released('a person releases the authorization in the Backoffice'),
  at_the_bank: atTheBank(() => ({ cancelled_at: new Date().toISOString() })),
  refund_pending: refundStaysPending,
  foreign: {
    happensTo: 'open',
    summary: 'another shop on the account is paid for an order of the same reference',
    calls: ({ orderReference, amountMinor: amount, currency }) => [
      {
        path: 'transactions',
        body: { merchantReference: orderReference, amount, currency, status: 'AUTHORIZED' },
      },
    ],
  },
});

function captured(payment: PlayedPayment): SandboxCall[] {
  return payment.capturedMinor > 0 ? [] : [inBackoffice('capture', payment)];
}

function inBackoffice(
  kind: 'capture' | 'refund',
  { transactionId, amountMinor, capturedMinor }: PlayedPayment,
): SandboxCall {
  const amount = kind === 'refund' && capturedMinor > 0 ? capturedMinor : amountMinor;
  return { path: `transactions/${transactionId}/${kind}`, body: { amount } };
}
