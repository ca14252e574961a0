/** The events of the sandbox of Stripe, each by calls of its `/__sim`: docs/stripe-sandbox.md. */
import type { PlayedPayment, SandboxCall, SandboxEvent } from '../sandbox-event.ts';

type Played = Omit<SandboxEvent, 'name'>;

const LATE_MS = 5_000;
const HELD_MS = 3_000;
/** Beyond the window of a signature, in seconds. */
const STALE_S = -360;

const EVENTS = {
  payment: open('the payer pays; the events and the return hit arrive', () => ({ outcome: 'authorize' })),
  capture: open('the payer pays by a method that captures at once', () => ({ outcome: 'capture' })),
  hold: open('a bank debit is under way, and arrives 3 seconds later', () => ({
    outcome: 'on_hold',
    resolve: { status: 'succeeded', afterMs: HELD_MS },
  })),
  hold_fails: open('a bank debit is under way, and fails 3 seconds later', () => ({
    outcome: 'on_hold',
    resolve: { status: 'failed', afterMs: HELD_MS },
  })),
  decline: open('the card is declined; the session stays open', () => ({ outcome: 'decline' })),
  cancel: open('the payer cancels', () => ({ outcome: 'cancel' })),
  duplicate: open('the payer pays; every event comes three times', () => ({
    outcome: 'authorize',
    callback: [{ copies: 3 }],
  })),
  twin: open('the payer pays; every fact has two Event objects, with an id each', () => ({
    outcome: 'authorize',
    callback: [{ twin: true }],
  })),
  both: open('the payer pays; every event twice and the return hit arrive at once', () => ({
    outcome: 'authorize',
    callback: [{ copies: 2, together: true }],
  })),
  late: open('the payer pays and closes the browser; the events come 5 seconds later', () => ({
    outcome: 'authorize',
    return: false,
    callback: [{ delayMs: LATE_MS }],
  })),
  lost: open('the payer pays and closes the browser; no event comes: the sweep finds it', () => ({
    outcome: 'authorize',
    return: false,
    callback: false,
  })),
  trouble: {
    happensTo: 'open',
    summary: 'the payer pays; Stripe answers the next two reads of the session with 500',
    calls: ({ sessionId }) => [
      { path: 'faults', body: { readSession: { status: 500, times: 2, sessionId } } },
      { path: `sessions/${sessionId}/pay`, body: { outcome: 'authorize', return: false } },
    ],
  },
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
  stale: open('the payer pays; the events have signatures of 6 minutes ago', () => ({
    outcome: 'authorize',
    return: false,
    callback: [{ t: STALE_S }],
  })),
  wrong_amount: open('the payer pays less than the order', ({ amountMinor }) => ({
    outcome: 'authorize',
    amount: Math.ceil(amountMinor / 2),
  })),
  refund: afterCapture('a person refunds the payment in the dashboard', ({ transactionId }) => ({
    path: `transactions/${transactionId}/refund`,
    body: {},
  })),
  void: {
    happensTo: 'paid',
    summary: 'a person releases the authorization in the dashboard',
    calls: ({ transactionId }) => [{ path: `transactions/${transactionId}/void`, body: {} }],
  },
  dispute: afterCapture("the payer's bank opens a dispute", ({ transactionId }) => ({
    path: `transactions/${transactionId}/dispute`,
    body: { reason: 'fraudulent' },
  })),
  foreign: {
    happensTo: 'open',
    summary: 'another shop on the account is paid',
    calls: ({ orderReference, amountMinor: amount, currency }) => [
      { path: 'transactions', body: { amount, currency, metadata: { order_id: orderReference } } },
    ],
  },
} satisfies Record<string, Played>;

export const STRIPE_EVENTS: readonly SandboxEvent[] = Object.entries(EVENTS).map(([name, event]) => ({
  name,
  ...event,
}));

/** The payer does something on the payment page. The browser follows its return where there is one. */
function open(summary: string, body: (payment: PlayedPayment) => object): Played {
  return {
    happensTo: 'open',
    summary,
    calls: (payment) => [
      { path: `sessions/${payment.sessionId}/pay`, body: body(payment), isReturned: true },
    ],
  };
}

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
