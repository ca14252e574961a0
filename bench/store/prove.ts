/**
 * `npm run prove:store -- [--payments N] [--ms N]`: the frequent statements, on a million payments in a
 * PostgreSQL with its default durability. Each must answer within 20 ms, a list or a search within 50 ms. For one that
 * does not, the plan is printed, and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { ORDER_STATUSES } from '../../src/domain/order.ts';
import { listAudit } from '../../src/store/audit.ts';
import { readOpenItems } from '../../src/store/attention.ts';
import { claimUnsignalled } from '../../src/store/deliveries.ts';
import { readEndpointFigures } from '../../src/store/endpoint-figures.ts';
import { findExpiring } from '../../src/store/expiring-authorizations.ts';
import { takeForgotten } from '../../src/store/forgotten-operations.ts';
import { readCalls } from '../../src/store/gateway-calls.ts';
import { listPayments, ordersBeside } from '../../src/store/list-payments.ts';
import { listDeliveries, pageOfOperations, pageOfUpdates } from '../../src/store/lists.ts';
import { openStore, type Db } from '../../src/store/open.ts';
import { refusedByClue } from '../../src/store/refused-deliveries.ts';
import { findResendable } from '../../src/store/redelivery.ts';
import { forgetSlice } from '../../src/store/retention.ts';
import { search } from '../../src/store/search.ts';
import { readFlows, readStates } from '../../src/store/stats/states.ts';
import { countLive, readFigures } from '../../src/store/store-health.ts';
import { findUnwatched, readMarks } from '../../src/store/sweeps.ts';
import { findAbandoned, findUntold } from '../../src/store/untold-updates.ts';
import { takeUnwoken } from '../../src/store/wakes.ts';
import { startDatabase } from '../stand/measured-child.ts';
import { explain, medianMs, say } from './asked.ts';
import { seedYears } from './seed.ts';

const { values } = parseArgs({
  options: { payments: { type: 'string', default: '1000000' }, ms: { type: 'string', default: '20' } },
});
const limitMs = Number(values.ms);
/** For what a person waits for. */
const listMs = 2.5 * limitMs;

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const page = { limit: 20 };
const LONG_AGO = { createdAfter: ago(301 * 24 * HOUR_MS), createdBefore: ago(300 * 24 * HOUR_MS) };

const IS_LIST = /^(payments|deliveries|updates|operations|audit|search|a hundred|figures of (?!\/))/;

const lately = (ms: number, bucketMs: number) => {
  const to = new Date(Math.ceil(Date.now() / bucketMs) * bucketMs);
  return { from: new Date(to.getTime() - ms), to, bucketMs };
};

type Asked = readonly [name: string, ask: (db: Db) => Promise<unknown>];

const ASKED: readonly Asked[] = [
  ['figures of /metrics', (db) => readFigures(db)],
  ['marks of the sweeps', (db) => readMarks(db)],
  ['live payments by gateway', (db) => countLive(db)],
  ['payments, the newest', (db) => listPayments(db, page)],
  ['payments of an order', (db) => listPayments(db, { ...page, order: 'order-500000' })],
  ['payments created within the hour', (db) => listPayments(db, { ...page, createdAfter: ago(HOUR_MS) })],
  [
    'payments created within a year',
    (db) => listPayments(db, { ...page, createdAfter: ago(365 * 24 * HOUR_MS) }),
  ],
  [
    'payments created after tomorrow: none',
    (db) => listPayments(db, { ...page, createdAfter: ago(-24 * HOUR_MS) }),
  ],
  ['payments in REVIEW', (db) => listPayments(db, { ...page, status: ['REVIEW'] })],
  ['payments ON_HOLD', (db) => listPayments(db, { ...page, status: ['ON_HOLD'] })],
  ['payments EXPIRED', (db) => listPayments(db, { ...page, status: ['EXPIRED'] })],
  ['payments VOIDED: none', (db) => listPayments(db, { ...page, status: ['VOIDED'] })],
  ['payments for a person', (db) => listPayments(db, { ...page, review: 'true' })],
  ['payments of a gateway that there is not', (db) => listPayments(db, { ...page, gateway: 'none' })],
  ['payments that lapse soon', (db) => listPayments(db, { ...page, expiringBefore: ago(-48 * HOUR_MS) })],
  [
    'payments with any of several statuses',
    (db) => listPayments(db, { ...page, status: ['EXPIRED', 'VOIDED'] }),
  ],
  ['payments that need somebody', (db) => listPayments(db, { ...page, status: ['REVIEW', 'ON_HOLD'] })],
  ...ORDER_STATUSES.map((orderStatus): Asked => [
    `payments of orders ${orderStatus}`,
    (db) => listPayments(db, { ...page, orderStatus }),
  ]),
  ['payments created on a day long ago', (db) => listPayments(db, { ...page, ...LONG_AGO })],
  [
    'payments before a time long ago',
    (db) => listPayments(db, { ...page, createdBefore: LONG_AGO.createdBefore }),
  ],
  ['payments over an amount', (db) => listPayments(db, { ...page, amountFrom: 99_900, amountTo: 99_900 })],
  ['payments over any amount', (db) => listPayments(db, { ...page, amountFrom: 1, amountTo: 100_000 })],
  ['payments over an amount: none', (db) => listPayments(db, { ...page, amountFrom: 100_000 })],
  [
    'payments over an amount in SEK: few',
    (db) => listPayments(db, { ...page, amountFrom: 72_200, currency: 'SEK', createdAfter: ago(WEEK_MS) }),
  ],
  ['payments by a method', (db) => listPayments(db, { ...page, method: 'vipps' })],
  ['payments by a method: none', (db) => listPayments(db, { ...page, method: 'none' })],
  ['payments for a reason', (db) => listPayments(db, { ...page, reason: 'card' })],
  ['payments for a rare reason', (db) => listPayments(db, { ...page, reason: 'amount_mismatch' })],
  ['payments for a reason: none', (db) => listPayments(db, { ...page, reason: 'none' })],
  ['payments heard', (db) => listPayments(db, { ...page, heard: 'yes' })],
  ['payments not heard', (db) => listPayments(db, { ...page, heard: 'no' })],
  ['payments told to no shop: none', (db) => listPayments(db, { ...page, heard: 'off' })],
  ['payments found by a sweep', (db) => listPayments(db, { ...page, foundBy: 'sweep' })],
  ['payments found by the payer: none', (db) => listPayments(db, { ...page, foundBy: 'return' })],
  ['payments accepted by a person', (db) => listPayments(db, { ...page, accepted: 'true' })],
  ['payments refunded', (db) => listPayments(db, { ...page, refunded: 'true' })],
  ['payments with an open operation', (db) => listPayments(db, { ...page, openOperation: 'true' })],
  ['payments with surplus', (db) => listPayments(db, { ...page, surplus: 'true' })],
  ['payments with an open dispute', (db) => listPayments(db, { ...page, dispute: 'open' })],
  ['payments with a dispute lost: none', (db) => listPayments(db, { ...page, dispute: 'lost' })],
  ['payments to capture', (db) => listPayments(db, { ...page, capturable: 'true' })],
  [
    'payments with metadata, of a day',
    (db) => listPayments(db, { ...page, metadata: { cart: 'none' }, createdAfter: ago(24 * HOUR_MS) }),
  ],
  [
    'payments with metadata, of a week',
    (db) => listPayments(db, { ...page, metadata: { cart: 'none' }, createdAfter: ago(WEEK_MS) }),
  ],
  [
    'a hundred payments with their orders',
    async (db) => ordersBeside(db, (await listPayments(db, { limit: 100 })).rows),
  ],
  ['deliveries, the newest', (db) => listDeliveries(db, page)],
  ['deliveries refused', (db) => listDeliveries(db, { ...page, outcome: 'refused' })],
  ['deliveries ignored: none', (db) => listDeliveries(db, { ...page, outcome: 'ignored' })],
  ['deliveries of a gateway that there is not', (db) => listDeliveries(db, { ...page, gateway: 'none' })],
  ['deliveries of an order', (db) => listDeliveries(db, { ...page, order: 'order-500000' })],
  ['deliveries not signalled', (db) => listDeliveries(db, { ...page, state: 'received' })],
  ['deliveries parked: none', (db) => listDeliveries(db, { ...page, state: 'parked' })],
  ['deliveries handled', (db) => listDeliveries(db, { ...page, state: 'handled' })],
  ['deliveries for a reason', (db) => listDeliveries(db, { ...page, reason: 'wrong_signature' })],
  ['deliveries for a reason: none', (db) => listDeliveries(db, { ...page, reason: 'foreign' })],
  [
    'deliveries of a day long ago',
    (db) =>
      listDeliveries(db, {
        ...page,
        receivedAfter: LONG_AGO.createdAfter,
        receivedBefore: LONG_AGO.createdBefore,
      }),
  ],
  ['updates given up', (db) => pageOfUpdates(db, { ...page, state: 'gave_up' })],
  ['updates gone: none', (db) => pageOfUpdates(db, { ...page, state: 'gone' })],
  ['updates that keep failing', (db) => pageOfUpdates(db, { ...page, state: 'pending', minAttempts: 4 })],
  ['updates that were tried again', (db) => pageOfUpdates(db, { ...page, minAttempts: 2 })],
  ['updates of an order', (db) => pageOfUpdates(db, { ...page, order: 'order-500000' })],
  ['updates of a type', (db) => pageOfUpdates(db, { ...page, type: 'order.payment_expired' })],
  ['updates of a rare type', (db) => pageOfUpdates(db, { ...page, type: 'order.review' })],
  ['updates of a type: none', (db) => pageOfUpdates(db, { ...page, type: 'order.dispute_won' })],
  ['updates paid', (db) => pageOfUpdates(db, { ...page, type: 'order.paid' })],
  ['updates answered 2xx', (db) => pageOfUpdates(db, { ...page, answer: '2xx' })],
  ['updates answered 4xx', (db) => pageOfUpdates(db, { ...page, answer: '4xx' })],
  ['updates answered 5xx', (db) => pageOfUpdates(db, { ...page, answer: '5xx' })],
  ['updates answered 3xx: none', (db) => pageOfUpdates(db, { ...page, answer: '3xx' })],
  ['updates without an answer: none', (db) => pageOfUpdates(db, { ...page, answer: 'none' })],
  ['updates of a day long ago', (db) => pageOfUpdates(db, { ...page, ...LONG_AGO })],
  [
    'updates given up since yesterday',
    (db) => findResendable(db, { state: 'gave_up', since: ago(24 * HOUR_MS) }, 500),
  ],
  [
    'updates that wait since yesterday',
    (db) => findResendable(db, { state: 'pending', since: ago(24 * HOUR_MS) }, 500),
  ],
  ['updates refused: none', (db) => findResendable(db, { state: 'gone', since: ago(24 * HOUR_MS) }, 500)],
  ["figures of the merchant's endpoint", (db) => readEndpointFigures(db)],
  ['operations pending', (db) => pageOfOperations(db, { ...page, state: 'pending' })],
  ['operations unknown: none', (db) => pageOfOperations(db, { ...page, state: 'unknown' })],
  ['operations of a kind that there is not', (db) => pageOfOperations(db, { ...page, kind: 'void' })],
  ['operations of an order', (db) => pageOfOperations(db, { ...page, order: 'order-500000' })],
  ['operations by hand', (db) => pageOfOperations(db, { ...page, cause: 'operator' })],
  ['operations for late money: none', (db) => pageOfOperations(db, { ...page, cause: 'late_money' })],
  ['operations of a gateway', (db) => pageOfOperations(db, { ...page, gateway: 'dintero' })],
  ['operations of a gateway that there is not', (db) => pageOfOperations(db, { ...page, gateway: 'none' })],
  ['operations of a day long ago', (db) => pageOfOperations(db, { ...page, ...LONG_AGO })],
  [
    'operations open for long',
    (db) => pageOfOperations(db, { ...page, isOpen: true, createdBefore: ago(300_000) }),
  ],
  ['operations not confirmed: none', (db) => pageOfOperations(db, { ...page, problem: 'not_confirmed' })],
  ['audit of a day long ago', (db) => listAudit(db, { ...page, ...LONG_AGO })],
  ['figures of the states', (db) => readStates(db)],
  ['figures of the last hour', (db) => readFlows(db)],
  ['figures of what needs somebody', (db) => readOpenItems(db, new Date())],
  ['figures of refused callbacks', (db) => refusedByClue(db, HOUR_MS)],
  ['figures of calls in an hour', (db) => readCalls(db, 'dintero', lately(HOUR_MS, 60_000))],
  ['figures of calls in 24 hours', (db) => readCalls(db, 'dintero', lately(24 * HOUR_MS, 300_000))],
  ['audit of an order', (db) => listAudit(db, { ...page, order: 'order-500000' })],
  ['audit of an unknown key', (db) => listAudit(db, { ...page, key: 'nobody' })],
  ['audit of refunds: none', (db) => listAudit(db, { ...page, what: 'refund' })],
  ['audit within the hour', (db) => listAudit(db, { ...page, createdAfter: ago(HOUR_MS) })],
  ['search: an order', (db) => search(db, 'order-500000')],
  ['search: a session', (db) => search(db, 'T12345678.s500000')],
  ['search: a transaction', (db) => search(db, 'T12345678.t500000')],
  ['search: an event', (db) => search(db, 'event-500001')],
  ['search: an update', (db) => search(db, 'order-500000/order.paid')],
  ['search: a workflow', (db) => search(db, 'payment/order-500000/1')],
  ['search: an operation that half of the payments have', (db) => search(db, 'c1')],
  ['search: the amount of all payments', (db) => search(db, '722.00 NOK')],
  ['search: the same in any currency', (db) => search(db, '722.00')],
  ['search: an amount that there is not', (db) => search(db, '722.01')],
  ['search: a second reference', (db) => search(db, 'invoice-500000')],
  ['search: a further transaction', (db) => search(db, 'T12345678.x')],
  ['search: ten ids', (db) => search(db, Array.from({ length: 10 }, (_, n) => `order-${n + 1}`).join(' '))],
  ['search: an id that there is not', (db) => search(db, 'none')],
  ['forwarder: deliveries to signal', (db) => claimUnsignalled(db, 100)],
  [
    'forwarder: payments that no run watches',
    (db) => findUnwatched(db, { limit: 100, pollIntervalMs: HOUR_MS }),
  ],
  ['forwarder: runs to wake', (db) => takeUnwoken(db, 100)],
  ['forwarder: operations that are forgotten', (db) => takeForgotten(db, 100)],
  ['forwarder: updates that are abandoned', (db) => findAbandoned(db, 100)],
  ['forwarder: updates that no process tells', (db) => findUntold(db, 100)],
  ['retention: a slice of the timeline', (db) => forgetSlice(db, 'timeline', WEEK_MS)],
  ['retention: a slice of the operations', (db) => forgetSlice(db, 'operations', WEEK_MS)],
  ['retention: a slice of the audit', (db) => forgetSlice(db, 'audit', WEEK_MS)],
  ['retention: a slice of the updates', (db) => forgetSlice(db, 'updates', WEEK_MS)],
  ['forwarder: authorizations that lapse', (db) => findExpiring(db, 100)],
];

const server = await startDatabase();
if (server === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
const store = await openStore({ databaseUrl: server.url, dataDir: '' });
let slow = 0;
try {
  await store.migrate();
  const { payments, megabytes } = await seedYears(server.url, Number(values.payments));
  say(`${payments} payments, ${megabytes} MB`);
  for (const [name, ask] of ASKED) slow += await measure(name, ask);
} finally {
  await store.close();
  await server.process.stop();
}
say(slow === 0 ? `all within ${limitMs} ms, lists within ${listMs} ms` : `${slow} NOT within these limits`);
process.exit(slow === 0 ? 0 : 1);

/** The median of several runs; returns 1 where it is too slow. */
async function measure(name: string, ask: Asked[1]): Promise<number> {
  const median = await medianMs(store.db, ask);
  const isSlow = median > (IS_LIST.test(name) ? listMs : limitMs);
  say(`${isSlow ? 'SLOW' : 'ok  '} ${median.toFixed(1).padStart(7)} ms  ${name}`);
  if (isSlow) await explain(openStore, server?.url ?? '', ask);
  return isSlow ? 1 : 0;
}
