import type { VNode } from 'preact';
import { Facts, type NamedFact } from '../parts/fact.tsx';
import { Pill } from '../parts/pill.tsx';
import { money, shown, utc } from '../parts/text.ts';
import { At, Until } from '../parts/time.tsx';
import type { Payment } from './order-story.ts';

/** What is recorded of one payment; what is not known is left out. */
export function PaymentFacts({ payment, now }: { payment: Payment; now: Date }): VNode {
  const facts = [
    ...ofPayment(payment),
    ...inTime(payment, now),
    ...disputeOf(payment),
    ...surplusOf(payment),
  ];
  return <Facts facts={facts} />;
}

function ofPayment(payment: Payment): NamedFact[] {
  const { accepted, metadata } = payment;
  return [
    ['Status', <Pill word={payment.status} />],
    ['Gateway', payment.gateway],
    ['Reason', payment.reason],
    ['Question', payment.reviewMark],
    ['Session', payment.sessionId],
    ['Transaction', payment.transactionId],
    ['Method', payment.paymentMethod],
    ['Capture', payment.capture],
    ['Accepted as', accepted && `${money(accepted.amount, accepted.currency)} for ${accepted.reference}`],
    ['Second reference', payment.merchantReference2],
    ...Object.entries(metadata).map(([name, value]): NamedFact => [`metadata ${shown(name, 40)}`, value]),
  ];
}

function inTime({ createdAt, expiresAt, authorizationExpiresAt, status }: Payment, now: Date): NamedFact[] {
  return [
    ['Created', <At at={createdAt} />],
    ['Payer has until', status === 'PENDING' ? <Until at={expiresAt} now={now} /> : null],
    ['Authorization lapses', authorizationExpiresAt && <Until at={authorizationExpiresAt} now={now} />],
  ];
}

function disputeOf({ dispute, currency }: Payment): NamedFact[] {
  if (dispute === null) return [];
  const { state, amount, reason, dueBy } = dispute;
  const words = [state, money(amount, currency), reason, dueBy && `answer by ${utc(dueBy)} UTC`];
  return [['Dispute', words.filter(Boolean).join(', ')]];
}

function surplusOf({ surplus, currency, accepted }: Payment): NamedFact[] {
  return surplus.map(({ transactionId, status, authorizedAmount }) => [
    `Surplus ${shown(transactionId, 60)}`,
    `${status}, ${money(authorizedAmount, accepted?.currency ?? currency)}`,
  ]);
}
