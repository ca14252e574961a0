/** The events of the sandbox of Stripe, each by calls of its `/__sim`: docs/stripe-sandbox.md. */
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
  type Played,
} from '../shared/sandbox-events.ts';

export const STRIPE_EVENTS: readonly SandboxEvent[] = named({
  payment: open('the payer pays; the events and the return hit arrive', pays),
  capture: open('the payer pays by a method that captures at once', paysAtOnce),
  hold: open('a bank debit is under way, and arrives 3 seconds later', isHeld('succeeded')),
  hold_fails: open('a bank debit is under way, and fails 3 seconds later', isHeld('failed')),
  stays_on_hold: open('a bank debit is under way, and never arrives', staysOnHold),
  decline: open('the card is declined; the session stays open', declines),
  cancel: open('the payer cancels', cancels),
  duplicate: open('the payer pays; every event comes three times', paysCalling(CALLED_THREE_TIMES)),
  twin: open(
    'the payer pays; every fact has two Event objects, with an id each',
    paysCalling({ twin: true }),
  ),
  both: open(
    'the payer pays; every event twice and the return hit arrive at once',
    paysCalling(CALLED_TWICE_AT_ONCE),
  ),
  late: open(
    'the payer pays and closes the browser; the events come 5 seconds later',
    paysAndLeaves(CALLED_LATE),
  ),
  lost: open(
    'the payer pays and closes the browser; no event comes: the sweep finds it',
    paysAndLeaves(false),
  ),
  trouble: inTrouble('the payer pays; Stripe answers the next two reads of the session with 500'),
  forged: {
    happensTo: 'open',
    summary: 'an event with a wrong signature says that the session is paid; no payer has paid',
    calls: ({ sessionId }) => [
      {
        path: 'events',
        body: {
          type: 'checkout.session.completed',
          object: { id: sessionId, object: 'checkout.session', status: 'complete', payment_status: 'paid' },
          plan: { sign: 'wrong' },
        },
      },
    ],
  },
  stale: open('the payer pays; the events have signatures of 6 minutes ago', paysAndLeaves(SIGNED_LONG_AGO)),
  wrong_amount: open('the payer pays less than the order', paysLess),
  refund: afterCapture('a person refunds the payment in the dashboard', ({ transactionId }) => ({
    path: `transactions/${transactionId}/refund`,
    body: {},
  })),
  void: released('a person releases the authorization in the dashboard'),
  dispute: afterCapture("the payer's bank opens a dispute", ({ transactionId }) => ({
    path: `transactions/${transactionId}/dispute`,
    body: { reason: 'fraudulent' },
  })),
  at_the_bank: atTheBank(() => ({ status: 'expired', url: null })),
  refund_pending: refundStaysPending,
  foreign: {
    happensTo: 'open',
    summary: 'another shop on the account is paid',
    calls: ({ orderReference, amountMinor: amount, currency }) => [
      { path: 'transactions', body: { amount, currency, metadata: { order_id: orderReference } } },
    ],
  },
});

/** Only captured money can be refunded or disputed. */
function afterCapture(summary: string, call: (payment: PlayedPayment) => SandboxCall): Played {
  return {
    happensTo: 'paid',
    summary,
    calls: (payment) => [
      ...(payment.capturedMinor > 0
        ? []
        : [{ path: `transactions/${payment.transactionId}/capture`, body: {} }]),
      call(payment),
    ],
  };
}
