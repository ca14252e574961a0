/** Makes payouts of all captures and refunds that were not paid out yet, minus fees. */
import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { sumsOf } from '../transactions/sums.ts';
import { withoutRows } from './list-settlements.ts';
import type { SettledAmount, Settlement, SettlementRow } from './settlement.ts';
import { accountId, nowIso } from '../records/ids-and-times.ts';
import type { Transaction, TransactionEvent } from '../transactions/transaction.ts';

/** The body of `POST /__sim/settlements`. Each capture has a fee; refunds have no fee and return none. */
export const settleSchema = z.strictObject({
  feeBasisPoints: z.number().int().min(0).max(10_000).default(150),
  feeFixed: z.number().int().min(0).default(0),
  provider: z.string().optional(),
  settledAt: z.iso.datetime().optional(),
  status: z.enum(['paid', 'postponed']).default('paid'),
});

type Terms = z.infer<typeof settleSchema>;

/** Makes one settlement per provider that has something to pay out. */
export function settle(sandbox: Sandbox, terms: Terms): Settlement[] {
  const rowsByProvider = new Map<string, SettlementRow[]>();
  for (const transaction of sandbox.ledger.transactions.all()) {
    const { payment_product: provider } = transaction;
    if (terms.provider !== undefined && terms.provider !== provider) continue;
    const rows = unsettled(transaction).map((event) => rowOf(transaction, event, terms));
    if (rows.length > 0) rowsByProvider.set(provider, [...(rowsByProvider.get(provider) ?? []), ...rows]);
  }
  return [...rowsByProvider].map(([provider, rows]) => payOut(sandbox, provider, rows, terms));
}

function payOut(
  sandbox: Sandbox,
  provider: string,
  rows: readonly SettlementRow[],
  terms: Terms,
): Settlement {
  const times = rows.map((row) => row.created_at).sort();
  const id = accountId(sandbox.settings.account);
  const settledAt = terms.settledAt === undefined ? nowIso() : new Date(terms.settledAt).toISOString();
  const settlement: Settlement = {
    id,
    account_id: sandbox.settings.account,
    provider,
    provider_reference: `${provider}-${id.slice(-8)}`,
    settled_at: settledAt,
    start_at: times[0] ?? settledAt,
    end_at: times.at(-1) ?? settledAt,
    amounts: [...new Set(rows.map((row) => row.currency))].map((currency) => amountIn(currency, rows)),
    payment_status: terms.status,
    attachments: [{ id: 'rows', key: `${id}/rows.json`, content_type: 'application/json' }],
    rows,
  };
  sandbox.ledger.saveSettlement(settlement);
  for (const row of rows) markSettled(sandbox, settlement, row);
  sandbox.webhooks.emit({ event: 'settlement_add', more: { settlement: withoutRows(settlement) } });
  return settlement;
}

function unsettled(transaction: Transaction): TransactionEvent[] {
  return transaction.events.filter(
    ({ event, success, settlements }) =>
      success && settlements === undefined && (event === 'CAPTURE' || event === 'REFUND'),
  );
}

function rowOf(transaction: Transaction, event: TransactionEvent, terms: Terms): SettlementRow {
  const isCapture = event.event === 'CAPTURE';
  const [capture, refund] = isCapture ? [event.amount, 0] : [0, event.amount];
  const fee = isCapture ? Math.round((event.amount * terms.feeBasisPoints) / 10_000) + terms.feeFixed : 0;
  return {
    transaction_id: transaction.id,
    event_id: event.id,
    event: event.event,
    event_reference: event.event_reference,
    merchant_reference: transaction.merchant_reference,
    capture,
    refund,
    fee,
    amount: capture - refund - fee,
    currency: transaction.currency,
    created_at: event.created_at,
  };
}

function amountIn(currency: string, rows: readonly SettlementRow[]): SettledAmount {
  const total = { amount: 0, capture: 0, refund: 0, fee: 0 };
  for (const row of rows) {
    if (row.currency !== currency) continue;
    total.amount += row.amount;
    total.capture += row.capture;
    total.refund += row.refund;
    total.fee += row.fee;
  }
  return { ...total, currency };
}

function markSettled({ ledger }: Sandbox, settlement: Settlement, row: SettlementRow): void {
  const transaction = ledger.transaction(row.transaction_id);
  const event = transaction.events.find(({ id }) => id === row.event_id);
  if (event === undefined) return;
  const { capture, refund, fee, amount } = row;
  const { id: settlement_id, provider_reference } = settlement;
  const part = { settlement_id, provider_reference, capture, refund, fee, amount };
  event.settlements = { events: [part], settlement_status: 'SETTLED' };
  transaction.settlement_status = settlementStatus(transaction);
  ledger.saveTransaction(transaction);
}

function settlementStatus(transaction: Transaction): string {
  const isPart = unsettled(transaction).length > 0 || sumsOf(transaction).captured < transaction.amount;
  return isPart ? 'PARTIALLY_SETTLED' : 'SETTLED';
}
