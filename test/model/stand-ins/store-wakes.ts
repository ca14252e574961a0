/** `src/store/wakes.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import type { WakeReason } from '../../../src/store/schema/wake-table.ts';
import type { Taken, Waking } from '../../../src/store/wakes.ts';
import { tablesOf, type Tables, type WakeRow } from '../world/tables.ts';

const MINUTE_MS = 60_000;

export function takeForWaking(
  db: Db,
  why: WakeReason,
  wanted: readonly Waking[],
  takenBy: string,
): Promise<Taken[]> {
  const tables = tablesOf(db);
  return tables.call('take whom to wake', () =>
    wanted.flatMap((waking) => {
      const taken = take(tables.wakes.get(keyOf(waking.paymentId, why)), waking, why, takenBy);
      if (taken === null) return [];
      tables.wakes.set(keyOf(waking.paymentId, why), taken);
      return [{ paymentId: taken.paymentId, told: taken.told }];
    }),
  );
}

function take(
  known: WakeRow | undefined,
  { paymentId, about }: Waking,
  why: WakeReason,
  takenBy: string,
): WakeRow | null {
  const fresh = { paymentId, why, about, takenBy, told: false, times: 0, dueAt: Date.now() + MINUTE_MS };
  if (known === undefined || known.about !== about) return fresh;
  if (known.takenBy === takenBy && known.told) return known;
  if (known.takenBy !== takenBy && known.dueAt > Date.now()) return null;
  return { ...fresh, times: known.times };
}

export function markWoken(db: Db, why: WakeReason, paymentIds: readonly string[]): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('mark as woken', () => {
    for (const paymentId of paymentIds) {
      const known = tables.wakes.get(keyOf(paymentId, why));
      if (known === undefined || known.told) continue;
      const rest = Math.min(5 * 2 ** Math.min(known.times, 10), 60) * MINUTE_MS;
      const told = { ...known, told: true, times: known.times + 1, dueAt: Date.now() + rest };
      tables.wakes.set(keyOf(paymentId, why), told);
    }
  });
}

export function takeUnwoken(db: Db): Promise<{ payment: PaymentRow; why: WakeReason }[]> {
  const tables = tablesOf(db);
  return tables.call('take whom nobody has told', () => {
    const untold = [...tables.wakes.values()].filter(({ told, dueAt }) => !told && dueAt <= Date.now());
    return untold.map((row) => {
      tables.wakes.set(keyOf(row.paymentId, row.why), { ...row, dueAt: Date.now() + MINUTE_MS });
      return { payment: tables.payments.get(row.paymentId) as PaymentRow, why: row.why };
    });
  });
}

/** For the other stand-ins: `mayBeWoken` for one payment. */
export function mayBeWoken(tables: Tables, why: WakeReason, paymentId: string): boolean {
  const known = tables.wakes.get(keyOf(paymentId, why));
  return known === undefined || known.dueAt <= Date.now();
}

function keyOf(paymentId: string, why: WakeReason): string {
  return `${paymentId} ${why}`;
}
