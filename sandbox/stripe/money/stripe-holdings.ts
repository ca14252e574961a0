import type { Holding, Repeated } from '../../books/holding.ts';
import type { MerchantOrder } from '../../books/question.ts';
import type { PaymentIntent } from '../records/stripe-objects.ts';
import { refundedOf } from '../refunds/create-refund.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

/** The payment intents of the merchant's sessions, as the rules of the books see them. */
export function holdingsOf(sandbox: StripeSandbox, orders: readonly MerchantOrder[] = []): Holding[] {
  const names = new Set(orders.map(({ reference }) => reference));
  const { ledger } = sandbox;
  return ledger.intents
    .all()
    .filter(({ id }) => ledger.sessionOf(id) !== undefined)
    .map((intent) => holdingOf(sandbox, intent, names));
}

function holdingOf(sandbox: StripeSandbox, intent: PaymentIntent, names: ReadonlySet<string>): Holding {
  const { ledger } = sandbox;
  const { id, amount, currency, status } = intent;
  const charges = ledger.charges.underKey(id);
  const captured = charges.reduce((sum, charge) => sum + charge.amount_captured, 0);
  const refunded = charges.reduce((sum, charge) => sum + refundedOf(sandbox, charge), 0);
  const isHeld = status === 'requires_capture';
  return {
    id,
    amount,
    status,
    captured,
    refunded,
    reference: referenceOf(sandbox, intent, names),
    currency: currency.toUpperCase(),
    voided: 0,
    held: captured - refunded + (isHeld ? intent.amount_capturable : 0),
    wasPaid: charges.some((charge) => charge.status === 'succeeded'),
    repeated: repeatedRefunds(sandbox, id),
    changedMs: lastChange(sandbox, intent),
  };
}

/** The session's reference; or the value of the metadata that is the name of an order. */
function referenceOf(
  { ledger }: StripeSandbox,
  { id, metadata }: PaymentIntent,
  names: ReadonlySet<string>,
): string {
  const own = ledger.sessionOf(id)?.client_reference_id ?? id;
  return [own, ...Object.values(metadata)].find((name) => names.has(name)) ?? own;
}

/** Two refunds with the same metadata were meant as one. */
function repeatedRefunds({ ledger }: StripeSandbox, intentId: string): Repeated[] {
  const counts = new Map<string, number>();
  for (const { status, metadata } of ledger.refunds.underKey(intentId)) {
    const by = JSON.stringify(metadata);
    if (status === 'succeeded' && by !== '{}') counts.set(by, (counts.get(by) ?? 0) + 1);
  }
  return [...counts].filter(([, times]) => times > 1).map(([by, times]) => ({ kind: 'refund', by, times }));
}

function lastChange({ ledger }: StripeSandbox, intent: PaymentIntent): number {
  const newest = ledger.events.underKey(intent.id).at(-1)?.event.created ?? intent.created;
  return newest * 1_000;
}
