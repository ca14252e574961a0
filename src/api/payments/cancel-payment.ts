/** Closes a session that is not paid. */
import { isMoney } from '../../domain/payment.ts';
import type { Service } from '../../service.ts';
import { writeDecision } from '../../store/decisions.ts';
import type { PaymentRow } from '../../store/payments.ts';
import type { CancelResult } from '../../workflows/messages.ts';
import { Refusal } from '../refusal.ts';
import { addressOf, refuseUnconfigured } from './find-payment.ts';

/**
 * The merchant gets no update about a session that another one replaces.
 * @throws Refusal `already_paid`, `not_cancellable`
 */
export async function closePayment(
  service: Service,
  payment: PaymentRow,
  more: { readonly key: string; readonly replaces?: true },
): Promise<void> {
  refuseUnconfigured(service, payment);
  const text = more.replaces ? 'the merchant requested another session' : 'the merchant requested a cancel';
  const data = { decision: 'cancel', ...more } as const;
  const noteKey = await writeDecision(service.store.db, payment.id, { text, data });
  const result = await service.runs.cancel(addressOf(payment), { noteKey });
  if (result.kind === 'cancelled') return;
  throw notCancelled(payment, result);
}

function notCancelled(
  { id }: PaymentRow,
  { kind, status }: Exclude<CancelResult, { kind: 'cancelled' }>,
): Refusal {
  if (isMoney(status))
    return new Refusal(
      'already_paid',
      `payment ${id} is ${status} and already has money; void or refund it instead`,
    );
  if (kind === 'refused')
    return new Refusal(
      'not_cancellable',
      `payment ${id} is ${status}, and the gateway does not close it: the payer may be paying now, or the result is not known yet; try again in a minute`,
    );
  return new Refusal('not_cancellable', `payment ${id} is ${status} and no longer open`);
}
