/** What the events of all sandboxes share: the payer's acts, in the words that every `/__sim` takes. */
import type { PlayedPayment, SandboxEvent } from '../sandbox-event.ts';

export type Played = Omit<SandboxEvent, 'name'>;
type Act = (payment: PlayedPayment) => object;

/** Long enough that the sender would have given up on a synchronous answer. */
const LATE_MS = 5_000;
const HELD_MS = 3_000;
/** Beyond the window of a signature, in seconds. */
const STALE_S = -360;

/** The payer does something on the hosted page. The browser follows its return where there is one. */
export function open(summary: string, act: Act): Played {
  return {
    happensTo: 'open',
    summary,
    calls: (payment) => [{ path: `sessions/${payment.sessionId}/pay`, body: act(payment), isReturned: true }],
  };
}

export const pays: Act = () => ({ outcome: 'authorize' });
export const paysAtOnce: Act = () => ({ outcome: 'capture' });
export const declines: Act = () => ({ outcome: 'decline' });
export const cancels: Act = () => ({ outcome: 'cancel' });

export const paysLess: Act = ({ amountMinor }) => ({
  outcome: 'authorize',
  amount: Math.ceil(amountMinor / 2),
});

/** @param status the gateway's word for what becomes of the hold */
export function isHeld(status: string): Act {
  return () => ({ outcome: 'on_hold', resolve: { status, afterMs: HELD_MS } });
}

/** The gateway has not decided, and does not. */
export const staysOnHold: Act = () => ({ outcome: 'on_hold' });

/** The payer pays, and the callbacks come in some way: the plan of the sandbox's sender. */
export function paysCalling(plan: object): Act {
  return () => ({ outcome: 'authorize', callback: [plan] });
}

export const CALLED_THREE_TIMES = { copies: 3 };
export const CALLED_TWICE_AT_ONCE = { copies: 2, together: true };

/** The payer pays and closes the browser. `callback`: the plan of the callback; false for none. */
export function paysAndLeaves(callback: object | false): Act {
  return () => ({ outcome: 'authorize', return: false, callback: callback === false ? false : [callback] });
}

export const CALLED_LATE = { delayMs: LATE_MS };
export const SIGNED_LONG_AGO = { t: STALE_S };

/** The payer pays, and two reads of the session fail. */
export function inTrouble(summary: string): Played {
  return {
    happensTo: 'open',
    summary,
    calls: ({ sessionId }) => [
      { path: 'faults', body: { readSession: { status: 500, times: 2, sessionId } } },
      { path: `sessions/${sessionId}/pay`, body: { outcome: 'authorize', return: false } },
    ],
  };
}

/**
 * The payer is at the bank's page: the session looks as if it had ended, and can't be cancelled at the gateway, but the
 * payer can still pay. For money that comes after a cancel.
 * @param ended how such a session looks when it is read
 */
export function atTheBank(ended: () => object): Played {
  return {
    happensTo: 'open',
    summary: "the payer is at the bank's page: cancel the payment next, and the money can still come",
    calls: ({ sessionId }) => [
      {
        path: 'faults',
        body: {
          cancel: { status: 400, times: 1, sessionId },
          // The first read of a cancel shows the session as it is.
          readSession: [
            { delayMs: 1, times: 1, sessionId },
            { patch: ended(), times: 1, sessionId },
          ],
        },
      },
    ],
  };
}

/** The gateway accepts the next refund of the payment, and never ends it. */
export const refundStaysPending: Played = {
  happensTo: 'paid',
  summary: 'the next refund of the payment is accepted, and never ends',
  calls: ({ transactionId }) => [
    { path: `transactions/${transactionId}/faults`, body: { refund: { pending: true, result: 'never' } } },
  ],
};

/** A person releases the authorization in the gateway's back office. */
export function released(summary: string): Played {
  return {
    happensTo: 'paid',
    summary,
    calls: ({ transactionId }) => [{ path: `transactions/${transactionId}/void`, body: {} }],
  };
}

/** The events with their names, in this order. */
export function named(events: Readonly<Record<string, Played>>): readonly SandboxEvent[] {
  return Object.entries(events).map(([name, event]) => ({ name, ...event }));
}
