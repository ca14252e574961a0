/** An operation in a few words: what people see of it in Temporal. */
import { formatMoney } from '../domain/money.ts';
import type { OperationRow } from './operations.ts';
import type { PaymentRow } from './payments.ts';

/** `capture 722.00 NOK of T123.abc`; before the amount is known, `void all that is left of T123.abc`. */
export function aboutOperation(
  { kind, wanted, amount }: Pick<OperationRow, 'kind' | 'wanted' | 'amount'>,
  { currency, transactionId }: Pick<PaymentRow, 'currency' | 'transactionId'>,
): string {
  const amountMinor = amount ?? wanted;
  const money = amountMinor === null ? 'all that is left' : formatMoney({ amountMinor, currency });
  return `${kind} ${money} of ${transactionId ?? 'a transaction that is not known yet'}`;
}
