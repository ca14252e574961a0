/** A payment with a session, as its run is given it. */
import type { OpenedPayment, WatchedPayment } from '../domain/opened-payment.ts';
import { expiryDueAt, moneyOf } from '../store/payment-snapshot.ts';
import type { PaymentRow } from '../store/payments.ts';

/** `mayHaveSurplus`: an earlier try may have opened another session, which the gateway does not show yet. */
export function openedPayment(
  { pollIntervalMs }: { readonly pollIntervalMs: number },
  row: PaymentRow,
  mayHaveSurplus: boolean,
): OpenedPayment {
  return {
    kind: 'opened',
    ...watched(row),
    money: moneyOf(row),
    sessionId: row.sessionId ?? '',
    checkoutUrl: row.checkoutUrl ?? '',
    expiresAt: row.expiresAt.toISOString(),
    expiryDueAt: new Date(expiryDueAt(row)).toISOString(),
    pollIntervalMs,
    capture: row.capture,
    mayHaveSurplus,
  };
}

/** The part of a payment's row that its run watches. */
export function watched(row: WatchedPayment): WatchedPayment {
  const { status, reviewCode, dismissed, transactionId, knownEvents } = row;
  return { status, reviewCode, dismissed, transactionId, knownEvents };
}
