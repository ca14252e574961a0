import type { Accepted } from '../domain/transaction.ts';
import type { PaymentRow } from './payments.ts';

/** What a person has accepted of a payment's transaction, if anybody has. */
export function acceptedOf(row: PaymentRow): Accepted | undefined {
  const { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference } = row;
  if (amountMinor === null || currency === null || reference === null) return undefined;
  return { reference, money: { amountMinor, currency } };
}
