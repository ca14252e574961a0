/** Opens a payment like the API: the request opens the session itself, and then starts the run. */
import type { Gateway } from '../../src/gateways/gateway.ts';
import { openAtGateway as openSession } from '../../src/sessions/open-at-gateway.ts';
import { openedPayment } from '../../src/sessions/opened-row.ts';
import type { Db } from '../../src/store/open.ts';
import { recordRun, type PaymentRow } from '../../src/store/payments.ts';
import type { PaymentRuns } from '../../src/temporal/payment-runs.ts';
import { addressOf } from './builders.ts';

export interface OpenTools {
  readonly store: { readonly db: Db };
  readonly gateway: Gateway;
}

/** Its session is opened and recorded, without a run. */
export async function openAtGateway({ store, gateway }: OpenTools, payment: PaymentRow): Promise<PaymentRow> {
  const { kept } = await openSession({ db: store.db, gateway, signal: NEVER }, payment, {});
  return { ...payment, ...kept };
}

const NEVER = new AbortController().signal;

/** A run watches it. */
export async function startRun(
  {
    store,
    runs,
    pollIntervalMs,
  }: OpenTools & { readonly runs: PaymentRuns; readonly pollIntervalMs: number },
  payment: PaymentRow,
): Promise<void> {
  const runId = await runs.start(addressOf(payment), openedPayment({ pollIntervalMs }, payment, false));
  await recordRun(store.db, payment.id, runId);
}
