/** An example of an answer, of one bucket. */
import type { Count, CountKind } from '../../store/stats/count-rows.ts';
import { GATEWAY } from '../payments/payment-examples.ts';
import { askedPeriod } from './asked-period.ts';
import { viewStats } from './read-stats.ts';

const from = '2026-11-21T13:00:00.000Z';
const to = '2026-11-21T14:00:00.000Z';
const at = new Date(from);

const of = (kind: CountKind, detail: string, count: number): Count => ({
  at,
  kind,
  detail,
  currency: '',
  count,
  amount: 0,
});
const moved = (detail: string, amount: number): Count => ({
  ...of('money', detail, 1),
  currency: 'NOK',
  amount,
});

export const statsExample = viewStats(
  askedPeriod({ from, to, bucket: '1h' }, at),
  [
    of('opened', '', 41),
    of('outcome', 'paid', 33),
    of('outcome', 'declined', 3),
    of('outcome', 'expired', 4),
    of('found_by', 'callback', 31),
    of('found_by', 'return', 2),
    of('paid', 'payex.creditcard', 33),
    of('captured', 'payex.creditcard', 20),
    of('declined', 'insufficient funds', 3),
    of('heard', '-3', 30),
    of('heard', '8', 3),
    of('delivery', 'accepted', 34),
    of('delivery', 'refused', 1),
    of('refused', 'wrong_signature', 1),
    of('attempt', 'acknowledged', 53),
    of('attempt', '5xx', 2),
    moved('authorized', 2_382_600),
    moved('captured', 1_444_000),
  ],
  {
    lapsing: [{ day: '2026-11-28', currency: 'NOK', count: 13, amount: 938_600 }],
    marks: [
      { at: '2026-11-21T13:40:11.204Z', until: null, kind: 'secret', detail: `${GATEWAY.id} 3f2a9c01` },
    ],
  },
);
