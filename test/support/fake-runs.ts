import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../src/store/open.ts';
import { findPayment, recordOpened } from '../../src/store/payments.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import type { Callback } from '../../src/domain/callback.ts';
import type { PaymentAddress } from '../../src/domain/payment.ts';
import type { LookRequest, Poke } from '../../src/domain/trigger.ts';
import type { PaymentRuns } from '../../src/temporal/payment-runs.ts';
import { aSessionId } from './builders.ts';

/** Every Temporal call of a request gives up after this time, like the real client. */
const SIGNAL_TIMEOUT_MS = 500;

export interface FakeRuns extends PaymentRuns {
  temporal: 'well' | 'down' | 'hanging';
  /** The runs that were started with a session. */
  readonly started: Parameters<PaymentRuns['start']>[];
  readonly callbacks: { payment: PaymentAddress; signal: Callback }[];
  readonly pokes: { orderReference: string; n: number; why: Poke['why'] }[];
  readonly closed: PaymentAddress[];
  readonly looks: { payment: PaymentAddress; signal: LookRequest }[];
  /** The updates that a run was asked to send, in that order. */
  readonly told: { payment: PaymentAddress; effectId: string }[];
  /** The answers of the runs; a test sets its own. */
  answers: Pick<PaymentRuns, 'open' | 'cancel' | 'resolve'>;
}

/** Runs that open a session at once and record their messages. */
export function fakeRuns(db: Db): FakeRuns {
  const reach = async (): Promise<void> => {
    if (runs.temporal === 'well') return;
    if (runs.temporal === 'hanging') await sleep(SIGNAL_TIMEOUT_MS);
    throw new RunsUnavailable('no answer from Temporal');
  };
  const runs: FakeRuns = {
    temporal: 'well',
    started: [],
    callbacks: [],
    pokes: [],
    looks: [],
    told: [],
    closed: [],
    answers: {
      open: (payment) => opened(db, payment),
      cancel: () => Promise.resolve({ kind: 'cancelled' }),
      resolve: () => Promise.resolve({ kind: 'resolved', status: 'AUTHORIZED' }),
    },
    async start(...asked) {
      await reach();
      runs.started.push(asked);
      return 'run-1';
    },
    open: async (payment) => reach().then(() => runs.answers.open(payment)),
    cancel: async (payment, request) => reach().then(() => runs.answers.cancel(payment, request)),
    resolve: async (payment, request) => reach().then(() => runs.answers.resolve(payment, request)),
    async callback(payment, signal) {
      await reach();
      runs.callbacks.push({ payment, signal });
    },
    async look(payment, signal) {
      await reach();
      runs.looks.push({ payment, signal });
    },
    async tell(payment, effectId) {
      await reach();
      runs.told.push({ payment, effectId });
    },
    async close(payment) {
      await reach();
      runs.closed.push(payment);
    },
    async poke({ orderReference, n }, { why }) {
      await reach();
      runs.pokes.push({ orderReference, n, why });
      return true;
    },
    openingTakesLong: reach,
  };
  return runs;
}

async function opened(db: Db, { paymentId }: PaymentAddress): ReturnType<PaymentRuns['open']> {
  const row = await findPayment(db, paymentId);
  const sessionId = row?.sessionId ?? aSessionId();
  const checkoutUrl = row?.checkoutUrl ?? `https://checkout.example/v1/view/${sessionId}`;
  if (row?.sessionId == null)
    await recordOpened(db, paymentId, { sessionId, checkoutUrl, runId: 'run-1', text: 'opened' });
  return { kind: 'open', status: row?.status ?? 'PENDING', sessionId, checkoutUrl, runId: 'run-1' };
}
