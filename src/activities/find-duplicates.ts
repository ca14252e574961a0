/** Orders that have money in two transactions. */
import { holdingsOf, judgeHoldings, type Holding } from '../domain/reconcile.ts';
import type { Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import {
  doubtfulOrders,
  moneyOfOrders,
  movingMoney,
  writeDuplicates,
  type Duplicate,
} from '../store/reconciled.ts';
import type { ReconciledRow } from '../store/reconciliations.ts';
import { recordedOf } from './comparing.ts';
import type { StepAt } from './reconcile-activities.ts';

const AT_ONCE = 100;

/** Returns the last order of this step; null after the last one. */
export async function findDuplicates(
  db: Db,
  { account }: Pick<Gateway, 'account'>,
  { id, after }: StepAt,
): Promise<string | null> {
  const references = await doubtfulOrders(db, id, { after, limit: AT_ONCE });
  const { payments, missing } = await moneyOfOrders(db, id, references);
  const moving = await movingMoney(
    db,
    payments.map((payment) => payment.id),
  );
  const duplicates = references.flatMap((orderReference): Duplicate[] => {
    const ofOrder = missing.filter((row) => row.orderReference === orderReference);
    const isShown = ({ transactionId }: Holding): boolean =>
      !ofOrder.some((row) => row.class === 'missing_there' && row.transactionId === transactionId);
    const recorded = payments
      .filter((payment) => payment.orderReference === orderReference)
      .flatMap((payment) => holdingsOf(payment.id, recordedOf(payment, account, moving)));
    const holdings = [...recorded.filter(isShown), ...ofOrder.flatMap(holdingOf)];
    const judged = judgeHoldings(holdings);
    return judged === null ? [] : [{ orderReference, holdings, ...judged }];
  });
  await writeDuplicates(db, id, duplicates);
  return references.length < AT_ONCE ? null : (references.at(-1) ?? null);
}

/** Money that is missing here. What was given back at the gateway is held no more. */
function holdingOf({ class: its, paymentId, transactionId, there }: ReconciledRow): Holding[] {
  if (its !== 'missing_here' || there === null || !HELD.has(there.status)) return [];
  const { status, amount, currency, refunded = 0 } = there;
  return [
    { payment: paymentId, transactionId, status, amount: amount - refunded, currency, explanation: null },
  ];
}

const HELD: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
]);
