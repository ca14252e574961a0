/** Starts a reconciliation at a person's request. */
import type { Service } from '../../service.ts';
import { newId } from '../../store/new-ids.ts';
import {
  beginReconciliation,
  countRunningReconciliations,
  dropReconciliation,
  USUAL_PERIOD_MS,
  type ReconciliationRow,
} from '../../store/reconciliations.ts';
import { startReconciliation } from '../../temporal/reconciliation-runs.ts';
import { configuredGateway } from '../gateways/configured-gateway.ts';
import { startOrDrop } from '../gateways/start-or-drop.ts';
import { wrongFields } from '../refusal.ts';

export interface Asked {
  readonly gateway: string;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** @throws Refusal `invalid_request`, `reconciliation_running` */
export async function askToReconcile(
  { gateways, store: { db }, client, config }: Service,
  { gateway: named, since, until }: Asked,
  askedBy: string,
): Promise<ReconciliationRow> {
  const gateway = configuredGateway(gateways, named);
  const from = since === undefined ? new Date(Date.now() - USUAL_PERIOD_MS) : new Date(since);
  if (until !== undefined && new Date(until) <= from)
    throw wrongFields('the body', [
      { pointer: '/until', detail: `expected a time after ${from.toISOString()}, the start of the period` },
    ]);
  const id = newId('rec');
  const row = await beginReconciliation(db, {
    id,
    gateway: named,
    since: from,
    until: until === undefined ? null : new Date(until),
    coverage: gateway.listings.some(({ every }) => every === 'sweep') ? 'api' : 'evidence',
    askedBy,
  });
  const input = { gateway: named, id, since: from.toISOString(), ...(until !== undefined && { until }) };
  await startOrDrop({
    start: () => startReconciliation(client, config.TEMPORAL_TASK_QUEUE, input),
    drop: () => dropReconciliation(db, id),
    countRunning: () => countRunningReconciliations(db, named),
    running: {
      code: 'reconciliation_running',
      detail: `a reconciliation of ${named} is running; GET /v1/reconciliations?status=running shows it. Wait for its end, or use its result`,
    },
  });
  return row;
}
