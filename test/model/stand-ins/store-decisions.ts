import type { PaymentKey } from '../../../src/domain/payment.ts';
import type { ClosingCause, Decided } from '../../../src/store/decisions.ts';
import type { Db } from '../../../src/store/open.ts';
import { tablesOf } from '../world/tables.ts';

export type * from '../../../src/store/decisions.ts';

export function writeDecision(
  db: Db,
  paymentId: string,
  { data }: { readonly data: { readonly decision: Decided; readonly replaces?: true } },
): Promise<string> {
  const tables = tablesOf(db);
  const noteKey = `decision-${tables.decisions.size + 1}`;
  return tables.call('write a decision', () => {
    tables.note(paymentId, noteKey, Date.now());
    tables.decisions.set(noteKey, {
      paymentId,
      decision: data.decision,
      usedBy: null,
      replaces: data.replaces === true,
    });
    return noteKey;
  });
}

export function useDecision(
  db: Db,
  paymentId: string,
  asked: { readonly noteKey: string; readonly decision: Decided; readonly by: string },
): Promise<boolean> {
  const tables = tablesOf(db);
  return tables.call('use a decision', () => isUsedNow(tables, paymentId, asked));
}

export function findDecided(db: Db, paymentId: string, noteKey: string): Promise<Decided | null> {
  const tables = tablesOf(db);
  return tables.call('find a decision', () => {
    const found = tables.decisions.get(noteKey);
    return found?.paymentId === paymentId ? found.decision : null;
  });
}

export function hasAskedToCancel(db: Db, paymentId: string): Promise<boolean> {
  const tables = tablesOf(db);
  return tables.call('ask whether it was to be cancelled', () =>
    [...tables.decisions.values()].some(
      (asked) => asked.paymentId === paymentId && asked.decision === 'cancel' && asked.usedBy === 'cancel',
    ),
  );
}

/** The caller holds the lock. */
export function isUsedNow(
  tables: ReturnType<typeof tablesOf>,
  paymentId: string,
  { noteKey, decision, by }: { readonly noteKey: string; readonly decision: Decided; readonly by: string },
): boolean {
  const found = tables.decisions.get(noteKey);
  if (found?.paymentId !== paymentId || found.decision !== decision) return false;
  if (found.usedBy !== null && found.usedBy !== by) return false;
  tables.decisions.set(noteKey, { ...found, usedBy: by });
  return true;
}

export function mayBeClosed(db: Db, payment: Omit<PaymentKey, 'n'>, because: ClosingCause): Promise<boolean> {
  const tables = tablesOf(db);
  return tables.call('ask why it is closed', () => isClosableNow(tables, payment, because));
}

/** The caller holds the lock. */
export function isClosableNow(
  tables: ReturnType<typeof tablesOf>,
  { paymentId, orderReference }: Omit<PaymentKey, 'n'>,
  because: ClosingCause,
): boolean {
  if (because.why === 'merchant')
    return isUsedNow(tables, paymentId, { noteKey: because.noteKey, decision: 'cancel', by: 'cancel' });
  const paidPaymentId = tables.orders.get(orderReference)?.paidPaymentId ?? null;
  return paidPaymentId !== null && paidPaymentId !== paymentId;
}
