/** An operator's decision about a payment, by a reading that was made for it: `accept` or `dismiss`. */
import { find, type Decision } from './finding.ts';
import { holdsMoney, isSettled, type PaymentSnapshot } from './payment.ts';
import { isKnownStatus, type Reading } from './transaction.ts';

/** The one recorded exception to the amount check. Account and session are never excepted. */
export function decideAcceptance(payment: PaymentSnapshot, reading: Reading): Decision {
  const transaction = reading.kind === 'transaction' ? reading.transaction : null;
  const isOurs = transaction?.account === payment.account && transaction.sessionId === payment.sessionId;
  if (transaction === null || !isOurs)
    return { kind: 'refuse', reason: 'the gateway shows no transaction of this session' };
  const { status, authorized, gatewayStatus, transactionId: cause } = transaction;
  if (!isKnownStatus(status) || !holdsMoney(status) || !authorized)
    return { kind: 'refuse', reason: `the gateway says ${gatewayStatus}: there is no money to accept` };
  return find({ status, pays: true, cause, transaction, decision: 'accept' });
}

/** The payment shows what the gateway says, and never changes the order again. */
export function decideDismissal({ status: now }: PaymentSnapshot, reading: Reading): Decision {
  const transaction = reading.kind === 'transaction' ? reading.transaction : undefined;
  const said = transaction?.status;
  const isKnown = said !== undefined && isKnownStatus(said) && said !== 'ON_HOLD';
  return find({
    status: isKnown ? said : isSettled(now) ? now : 'CANCELLED',
    pays: false,
    cause: transaction?.transactionId ?? 'session',
    reason: 'dismissed by an operator',
    decision: 'dismiss',
    ...(transaction && { transaction }),
  });
}

/** A person is asked about surplus alone, and handles it. The payment and its order stay as they are. */
export function decideSurplusDismissal({ status }: PaymentSnapshot): Decision {
  return find({ status, pays: false, isOfSurplus: true, cause: 'dismissed', decision: 'dismiss_surplus' });
}
