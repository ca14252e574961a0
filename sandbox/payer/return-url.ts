import type { Session, Transaction } from '../transactions/transaction.ts';
import { withParameters } from '../http/url-parameters.ts';

/** Where the browser goes when the payer is done. A payment that went wrong is not named, but one that was not captured is. */
export function returnUrl(session: Session, transaction: Transaction | undefined, error?: string): string {
  const reference = transaction?.merchant_reference ?? session.order.merchant_reference;
  return withParameters(session.url.return_url, [
    ...(transaction === undefined || (error !== undefined && error !== 'capture')
      ? []
      : [['transaction_id', transaction.id] as const]),
    ['merchant_reference', reference],
    ...(error === undefined ? [] : [['error', error] as const]),
    ...(session.configuration?.['channel'] === 'in_app' ? [['session_id', session.id] as const] : []),
  ]);
}
