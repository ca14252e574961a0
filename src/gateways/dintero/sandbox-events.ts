/** The events of the sandbox of Dintero, each by calls of its `/__sim`: docs/sandbox.md. */
import type { PlayedPayment, SandboxCall, SandboxEvent } from '../sandbox-event.ts';

type Played = Omit<SandboxEvent, 'name'>;

/** Long enough that the sender would have given up on a synchronous answer. */
const LATE_MS = 5_000;
const HELD_MS = 3_000;
/** Beyond the window of a signature, in seconds. */
const STALE_S = -360;

const EVENTS = {
  payment: open('the payer pays; the callback and the return hit arrive', () => ({ outcome: 'authorize' })),
  capture: open('the payer pays by a method that captures at once', () => ({ outcome: 'capture' })),
  hold: open('the payment is on hold, and is authorized 3 seconds later', () => ({
    outcome: 'on_hold',
    resolve: { status: 'AUTHORIZED', afterMs: HELD_MS },
  })),
  hold_fails: open('the payment is on hold, and fails 3 seconds later', () => ({
    outcome: 'on_hold',
    resolve: { status: 'FAILED', afterMs: HELD_MS },
  })),
  decline: open('the payment is declined', () => ({ outcome: 'decline' })),
  cancel: open('the payer cancels', () => ({ outcome: 'cancel' })),
  duplicate: open('the payer pays; the callback comes three times, with a delivery id each', () => ({
    outcome: 'authorize',
    callback: [{ copies: 3 }],
  })),
  both: open('the payer pays; two callbacks and the return hit arrive at once', () => ({
    outcome: 'authorize',
    callback: [{ copies: 2, together: true }],
  })),
  late: open('the payer pays and closes the browser; the callback comes 5 seconds later', () => ({
    outcome: 'authorize',
    return: false,
    callback: [{ delayMs: LATE_MS }],
  })),
  lost: open('the payer pays and closes the browser; no callback comes: the sweep finds it', () => ({
    outcome: 'authorize',
    return: false,
    callback: false,
  })),
  trouble: {
    happensTo: 'open',
    summary: 'the payer pays; Dintero answers the next two reads of the session with 500',
    calls: ({ sessionId }) => [
      { path: 'faults', body: { readSession: { status: 500, times: 2, sessionId } } },
      { path: `sessions/${sessionId}/pay`, body: { outcome: 'authorize', return: false } },
    ],
  },
  forged: {
    happensTo: 'open',
    summary: 'a callback with a wrong signature arrives; no payer has paid',
    calls: ({ sessionId }) => [{ path: `sessions/${sessionId}/callback`, body: { sign: 'wrong' } }],
  },
  stale: open('the payer pays; the callback has a signature of 6 minutes ago', () => ({
    outcome: 'authorize',
    return: false,
    callback: [{ t: STALE_S }],
  })),
  wrong_amount: open('the payer pays less than the order', ({ amountMinor }) => ({
    outcome: 'authorize',
    amount: Math.ceil(amountMinor / 2),
  })),
  refund: {
    happensTo: 'paid',
    summary: 'a person refunds the payment in the Backoffice',
    calls: (payment) => [...captured(payment), inBackoffice('refund', payment)],
  },
  void: {
    happensTo: 'paid',
    summary: 'a person releases the authorization in the Backoffice',
    calls: ({ transactionId }) => [{ path: `transactions/${transactionId}/void`, body: {} }],
  },
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
} satisfies Record<string, Played>;

export const DINTERO_EVENTS: readonly SandboxEvent[] = Object.entries(EVENTS).map(([name, event]) => ({
  name,
  ...event,
}));

/** The payer does something on the hosted page. The browser follows its return where there is one. */
function open(summary: string, body: (payment: PlayedPayment) => object): Played {
  return {
    happensTo: 'open',
    summary,
    calls: (payment) => [
      { path: `sessions/${payment.sessionId}/pay`, body: body(payment), isReturned: true },
    ],
  };
}

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
