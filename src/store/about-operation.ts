/** An operation, described in a few words. */
import { formatMoney } from '../domain/money.ts';
import type { OperationRow } from './operations.ts';
import type { PaymentRow } from './payments.ts';

/** `capture parcel-1`. Only the kind where the reference is the usual one of a void. */
export function operationName({ kind, reference }: Pick<OperationRow, 'kind' | 'reference'>): string {
  return reference === kind ? kind : `${kind} ${reference}`;
}

/** `capture 722.00 NOK of T123.abc`. Before the amount is known: `void all that is left of T123.abc`. */
export function aboutOperation(
  {
    kind,
    wanted,
    amount,
    transactionId: surplusId,
  }: Pick<OperationRow, 'kind' | 'wanted' | 'amount' | 'transactionId'>,
  { currency, transactionId: ownId }: Pick<PaymentRow, 'currency' | 'transactionId'>,
): string {
  const amountMinor = amount ?? wanted;
  const money = amountMinor === null ? 'all that is left' : formatMoney({ amountMinor, currency });
  return `${kind} ${money} of ${surplusId ?? ownId ?? 'a transaction that is not known yet'}`;
}
