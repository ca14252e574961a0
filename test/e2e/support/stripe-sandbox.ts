/**
 * Stripe's sandbox in the words of the Dintero sandbox, so that one scenario can run at both: sessions,
 * transactions and their moves.
 */
import { STRIPE_SANDBOX } from '../../../src/gateways/stripe/sandbox.ts';
import { createCall, type Call } from './http.ts';
import {
  createSandbox,
  type Sandbox,
  type SimCallback,
  type SimEvent,
  type SimTransaction,
} from './sandbox.ts';

interface StripeSession {
  readonly id: string;
  readonly status: 'open' | 'complete' | 'expired';
  readonly expires_at: number;
  readonly success_url: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: string | null;
}

interface Intent {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Charge {
  readonly amount_captured: number;
  readonly status: string;
}

interface Refund {
  readonly amount: number;
  readonly status: string;
}

export function createStripeSandbox(origin: string): Sandbox {
  const { STRIPE_SECRET_KEY: key } = STRIPE_SANDBOX.variables(origin);
  const call = createCall(origin, { authorization: `Bearer ${key}` });
  const transaction = (id: string) => transactionOf(call, id);
  const session = async (id: string) => {
    const found = await shown<StripeSession>(call, `/__sim/sessions/${id}`);
    const { payment_intent: intent, status, expires_at: end } = found;
    return {
      session: {
        id,
        order: { merchant_reference: found.metadata['order'] ?? '' },
        url: { return_url: found.success_url },
        ...(status === 'expired' && { cancelled_at: new Date(end * 1_000).toISOString() }),
      },
      transaction: intent === null ? null : await transaction(intent),
      callbacks: await shown<SimCallback[]>(call, `/__sim/callbacks?sessionId=${id}`),
    };
  };
  return {
    ...createSandbox(origin),
    session,
    transaction,
    async sessionsOf(orderReference) {
      const all = await shown<StripeSession[]>(call, '/__sim/sessions');
      const ours = all.filter(({ metadata }) => metadata['order'] === orderReference);
      return Promise.all(ours.map(({ id }) => session(id)));
    },
  };
}

/** @throws Error with the answer when it is refused */
async function shown<Shown>(call: Call, path: string): Promise<Shown> {
  const { status, body } = await call('GET', path);
  if (status !== 200) throw new Error(`stripe sandbox GET ${path}: ${status} ${JSON.stringify(body)}`);
  return body as Shown;
}

async function transactionOf(call: Call, id: string): Promise<SimTransaction> {
  const [intent, charges, refunds] = await Promise.all([
    shown<Intent>(call, `/__sim/transactions/${id}`),
    shown<{ data: Charge[] }>(call, `/v1/charges?payment_intent=${id}&limit=100`),
    shown<{ data: Refund[] }>(call, `/v1/refunds?payment_intent=${id}&limit=100`),
  ]);
  const charge = charges.data.find(({ status }) => status === 'succeeded');
  const isReleased = intent.status === 'canceled';
  // A released hold has a refund object, too.
  const own = isReleased ? [] : refunds.data.toReversed();
  return {
    id,
    status: statusOf(intent, charge, own),
    amount: intent.amount,
    currency: intent.currency.toUpperCase(),
    merchant_reference: intent.metadata['order'] ?? '',
    events: [
      ...(charge && charge.amount_captured > 0 ? [moved('CAPTURE', charge.amount_captured)] : []),
      ...own.map(({ amount, status }) => moved('REFUND', amount, status === 'succeeded')),
      ...(isReleased && charge ? [moved('VOID', intent.amount)] : []),
    ],
  };
}

function moved(event: string, amount: number, success = true): SimEvent {
  return { event, amount, success };
}

/** Where nothing was ever held or captured. */
const WITHOUT_MONEY: Readonly<Record<string, string>> = {
  processing: 'ON_HOLD',
  requires_action: 'INITIATED',
};

function statusOf({ status }: Intent, charge: Charge | undefined, refunds: readonly Refund[]): string {
  if (charge === undefined) return WITHOUT_MONEY[status] ?? 'FAILED';
  if (status === 'canceled') return 'AUTHORIZATION_VOIDED';
  const captured = charge.amount_captured;
  if (status === 'requires_capture') return captured > 0 ? 'PARTIALLY_CAPTURED' : 'AUTHORIZED';
  const back = refunds.filter((refund) => refund.status === 'succeeded');
  const refunded = back.reduce((sum, { amount }) => sum + amount, 0);
  if (refunded === 0) return 'CAPTURED';
  return refunded < captured ? 'PARTIALLY_REFUNDED' : 'REFUNDED';
}
