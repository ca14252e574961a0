/** The promises at the end of a schedule about a second money in a session. */
import { surplusNamed, type Surplus } from '../../../src/domain/surplus.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import type { Books } from './at-rest.ts';
import { isOurs, ledgerOf, type KeyedPsp } from './keyed-psp.ts';
import { KeyedPromises } from './keyed-promises.ts';
import type { KeyedLedger } from './keyed-ledger.ts';
import type { PspSession } from './psp.ts';

export function brokenAtSurplus(books: Books, psp: KeyedPsp): string | null {
  for (const session of psp.sessions)
    for (const further of psp.moneyIn(session).slice(1)) {
      const wrong = wrongWith(further, books);
      if (wrong !== null) return wrong;
    }
  return null;
}

function wrongWith(further: PspSession, books: Books): string | null {
  const ledger = ledgerOf(further) as KeyedLedger;
  const { id } = ledger.is;
  const owner = [...books.tables.payments.values()].find(({ sessionId }) => sessionId === further.id);
  if (owner === undefined)
    return ledger.held === 0 ? null : `${ledger.held} are held in ${id}, of no payment`;
  const known = surplusNamed(owner.surplus, id);
  if (ledger.authorizedAt === null || !isOurs(further, owner)) {
    if (ledger.operations.some((operation) => operation.isOurs)) return `we have moved the money of ${id}`;
    return known === undefined ? null : `${id} is recorded as surplus of ${owner.id}, and is not its money`;
  }
  // Nothing is looked for in a payment that a person has dismissed.
  if (known === undefined)
    return owner.dismissed ? null : `${ledger.held} are held in ${id}, which nobody here knows`;
  return wrongWithMoney(known, ledger, owner, books) ?? wrongWithUpdates(known, owner, books);
}

/** It is back, or a person is asked, or a person takes care of it. */
function wrongWithMoney(
  { status, capturedMinor, refundedMinor, handling }: Surplus,
  ledger: KeyedLedger,
  { id, status: ofPayment, reviewMark }: PaymentRow,
  { promises }: Books,
): string | null {
  const what = `surplus ${ledger.is.id} of ${id}`;
  if (handling === 'dismissed') {
    const isAsked = promises instanceof KeyedPromises && promises.surplusDismissals.has(id);
    return isAsked ? null : `${what} is dismissed, and nobody has said so`;
  }
  const isSame =
    status === ledger.status && capturedMinor === ledger.captured && refundedMinor === ledger.refunded;
  if (!isSame)
    return `${what} is ${status} ${capturedMinor}/${refundedMinor} here, and ${ledger.status} there`;
  const isAsked = ofPayment === 'REVIEW' || reviewMark !== null;
  const isInHand = (handling === 'review' || handling === 'stuck') && isAsked;
  return ledger.held === 0 || isInHand ? null : `${ledger.held} are held as ${what} (${handling})`;
}

/** The merchant hears once that it is back: as often as it has come back to us in between, and once more. */
function wrongWithUpdates(
  { transactionId, handling, shown }: Surplus,
  { id }: PaymentRow,
  { tables }: Books,
): string | null {
  if (handling === 'dismissed') return null;
  const effect = `${id}/order.late_payment_returned/${transactionId}`;
  const told = [...tables.outbox.keys()].filter(
    (one) => one === effect || one.startsWith(`${effect}-again-`),
  );
  const undone = Object.values(shown).filter((state) => state === 'reversed').length;
  const isBack = handling === 'none';
  if (isBack && told.length === 0) return `the merchant does not know that ${transactionId} is back`;
  return told.length <= undone + 1 ? null : `${transactionId} is told ${told.length} times to be back`;
}
