/** The series that exist before anything is counted. */
import { UPDATE_TYPES } from '../domain/order.ts';
import { PAYMENT_STATUSES } from '../domain/payment.ts';
import { CLUE_CODES } from '../domain/refusal-clue.ts';
import type { RefusalReason } from '../gateways/verification.ts';
import type { Metrics } from './metrics.ts';

/**
 * Creates every series of an alert with 0: `increase()` does not see the first value of a series that begins
 * later.
 */
export function beginAtZero(metrics: Metrics, gateways: readonly string[]): void {
  for (const gateway of gateways) {
    for (const outcome of ['accepted', 'duplicate', 'malformed', 'stale', 'limited', 'unavailable'])
      metrics.deliveries.inc({ gateway, outcome }, 0);
    for (const reason of REFUSED) metrics.deliveries.inc({ gateway, outcome: 'refused', reason }, 0);
    for (const reason of IGNORED) metrics.deliveries.inc({ gateway, outcome: 'ignored', reason }, 0);
    for (const code of CLUE_CODES) metrics.refusalClues.inc({ gateway, code }, 0);
    metrics.callbacksExpected.inc({ gateway }, 0);
    metrics.callbacksMissed.inc({ gateway }, 0);
  }
  for (const outcome of ['opened', 'known', 'refused', 'unavailable']) metrics.openings.inc({ outcome }, 0);
  for (const reason of ['no_key', 'wrong_key', 'too_often']) metrics.unauthorized.inc({ reason }, 0);
  for (const status of PAYMENT_STATUSES) metrics.outcomes.inc({ status }, 0);
  for (const kind of ['disk_full', 'read_only', 'resources', 'io']) metrics.storeRefusals.inc({ kind }, 0);
  for (const outcome of ['done', 'failed']) metrics.namespaceRepairs.inc({ outcome }, 0);
  for (const type of UPDATE_TYPES)
    for (const outcome of ['delivered', 'failed', 'gone', 'gave_up'])
      metrics.updates.inc({ type, outcome }, 0);
}

const REFUSED = [
  'no_signature',
  'malformed_signature',
  'wrong_signature',
  'signed_long_ago',
  'source_not_allowed',
] as const satisfies readonly RefusalReason[];
const IGNORED = ['ping', 'other', 'unclear', 'foreign', 'lost'] as const;
