import type { Accepted } from '../domain/transaction.ts';
import type { PaymentRow } from './payments.ts';

/** What a person has accepted of a payment's transaction, if anybody has. */
export function acceptedOf(row: PaymentRow): Accepted | undefined {
  const { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference } = row;
  if (amountMinor === null || currency === null || reference === null) return undefined;
  return { reference, money: { amountMinor, currency } };
}

/** The currency of what the gateway holds of a payment: what a person has accepted takes the place of what was asked for. */
export function currencyOf(row: Pick<PaymentRow, 'currency' | 'acceptedCurrency'>): string {
  return row.acceptedCurrency ?? row.currency;
}
