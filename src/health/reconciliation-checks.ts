import type { Gateway } from '../gateways/gateway.ts';
import { ok, warn, type Check, type CheckResult } from './check.ts';
import type { Figures } from './figures.ts';
import { paidonce } from './shell-commands.ts';

const DAY_S = 86_400;
/** The Schedule is daily: one that failed is not news yet. */
const OLDEST_DAYS = 2;

/** The last complete reconciliation of each gateway, and what it found. */
export function reconciliationChecks(figures: Figures, gateways: readonly Pick<Gateway, 'id'>[]): Check[] {
  return gateways.map(({ id }) => ({ name: `last reconciliation of ${id}`, ...judge(figures, id) }));
}

function judge(figures: Figures, gateway: string): CheckResult {
  const again = paidonce('reconcile', undefined, { gateway });
  const last = figures.of('paidonce_last_complete_reconciliation_timestamp_seconds', { gateway });
  if (last === undefined)
    return warn('none yet', 'normal on the first day of a new deployment; this command makes one now', again);
  const drift = figures
    .all('paidonce_drift_payments')
    .filter(({ labels, value }) => labels['gateway'] === gateway && value > 0)
    .map(({ labels, value }) => `${value} ${String(labels['class']).replaceAll('_', ' ')}`);
  const days = (Date.now() / 1_000 - last) / DAY_S;
  const text = `${days < 1 ? `${Math.round(days * 24)} h` : `${days.toFixed(1)} days`} ago`;
  if (drift.length > 0)
    return warn(
      `${text}; differences that nothing explains: ${drift.join(', ')}`,
      'this command compares again and says what to do about each',
      again,
    );
  if (days <= OLDEST_DAYS) return ok(`${text}: nothing unexplained`);
  return warn(
    text,
    `look for reconcile/${gateway} in the Temporal Web UI: it runs daily; this command makes one now`,
    again,
  );
}
