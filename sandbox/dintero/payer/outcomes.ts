/** The actions of a payer, their consequences, and where the browser goes afterwards. */
import { withParameters } from '../../http/url-parameters.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

export const OUTCOMES = [
  'authorize',
  'capture',
  'on_hold',
  'decline',
  'fail',
  'unknown',
  'cancel',
  'abandon',
  'pay_failed',
  'initiate',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface Consequence {
  readonly status?: string;
  readonly sessionEvent?: string;
  readonly error?: string;
  readonly product?: string;
  /** Whether the browser leaves the page and Dintero sends a callback. */
  readonly ends: boolean;
}

export const CONSEQUENCES: Readonly<Record<Outcome, Consequence>> = {
  authorize: { status: 'AUTHORIZED', sessionEvent: 'AUTHORIZED', ends: true },
  capture: { status: 'CAPTURED', sessionEvent: 'AUTHORIZED', product: 'swish.swish', ends: true },
  on_hold: { status: 'ON_HOLD', product: 'collector.invoice', ends: true },
  decline: { status: 'DECLINED', sessionEvent: 'DECLINED', error: 'authorization', ends: true },
  fail: { status: 'FAILED', sessionEvent: 'FAILED', error: 'failed', ends: true },
  unknown: { status: 'UNKNOWN', sessionEvent: 'UNKNOWN', error: 'failed', ends: true },
  cancel: { sessionEvent: 'CANCELLED', error: 'cancelled', ends: true },
  abandon: { ends: false },
  pay_failed: { sessionEvent: 'PAY_FAILED', ends: false },
  initiate: { status: 'INITIATED', ends: false },
};

/**
 * Where the browser goes when the payer has finished. The URL names the transaction, except after a failed
 * payment; a failed capture keeps it.
 */
export function returnUrl(session: Session, transaction: Transaction | undefined, error?: string): string {
  const reference = transaction?.merchant_reference ?? session.order.merchant_reference;
  return withParameters(session.url.return_url, [
    ...(transaction === undefined || (error !== undefined && error !== 'capture')
      ? []
      : [['transaction_id', transaction.id] as const]),
    ['merchant_reference', reference],
    ...(error === undefined ? [] : [['error', error] as const]),
    ...(session.configuration?.['channel'] === 'in_app' ? [['session_id', session.id] as const] : []),
  ]);
}
