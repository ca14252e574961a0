/** The life of one payment at the sandbox, step by step: each act of a person there, and the event that tells it. */
import type { StripeSandboxClient } from '../../sandbox/stripe/stripe-client.ts';

/** The objects of the payment so far. */
export interface Paid {
  readonly sessionId: string;
  readonly transactionId: string;
  readonly refunds: string[];
  readonly disputes: string[];
}

export type Act = (sandbox: StripeSandboxClient, at: Paid) => Promise<unknown>;

export const nothing: Act = () => Promise.resolve();

export const refund =
  (amount: number): Act =>
  async (sandbox, { transactionId, refunds }) =>
    void refunds.push((await sandbox.sim(`/transactions/${transactionId}/refund`, { amount })).id as string);

/** Of 722.00, authorized before the first step. */
export const SETTLED: readonly (readonly [event: string, act: Act])[] = [
  ['checkout.session.completed', nothing],
  [
    'charge.captured',
    (sandbox, { transactionId }) => sandbox.sim(`/transactions/${transactionId}/capture`, {}),
  ],
  ['refund.created', refund(2_200)],
  ['refund.failed', (sandbox, { refunds }) => sandbox.sim(`/refunds/${refunds[0]}/fail`, {})],
  ['refund.created', refund(70_000)],
  [
    'charge.dispute.created',
    async (sandbox, { transactionId, disputes }) =>
      void disputes.push((await sandbox.sim(`/transactions/${transactionId}/dispute`, {})).id as string),
  ],
  [
    'charge.dispute.closed',
    (sandbox, { disputes }) => sandbox.sim(`/disputes/${disputes[0]}/close`, { status: 'won' }),
  ],
  ['charge.updated', nothing],
];
