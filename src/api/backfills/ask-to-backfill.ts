/** Starts a backfill at a person's request. */
import type { Gateway } from '../../gateways/gateway.ts';
import type { Service } from '../../service.ts';
import {
  beginBackfill,
  countRunningBackfills,
  dropBackfill,
  type BackfillRow,
} from '../../store/backfills.ts';
import { newId } from '../../store/new-ids.ts';
import { startBackfill } from '../../temporal/backfill-runs.ts';
import { configuredGateway } from '../gateways/configured-gateway.ts';
import { startOrDrop } from '../gateways/start-or-drop.ts';
import { Refusal, wrongFields } from '../refusal.ts';

export interface Asked {
  readonly gateway: string;
  readonly since?: string | undefined;
}

const DAY_MS = 24 * 3_600_000;
const USUAL_PERIOD_MS = 30 * DAY_MS;

/**
 * The period ends now: what comes later is received. @throws Refusal `invalid_request`, `not_supported`, `backfill_running`
 */
export async function askToBackfill(
  { gateways, store: { db }, client, config }: Service,
  { gateway: named, since }: Asked,
  askedBy: string,
): Promise<BackfillRow> {
  const { traits } = withEvents(configuredGateway(gateways, named));
  const until = new Date();
  const wanted = new Date(since ?? until.getTime() - USUAL_PERIOD_MS);
  if (wanted >= until)
    throw wrongFields('the body', [
      { pointer: '/since', detail: `expected a time before ${until.toISOString()}` },
    ]);
  const [listed, kept] = [traits.eventHistoryMs, config.RETENTION_DELIVERIES];
  const oldest = new Date(until.getTime() - kept);
  const from = wanted < oldest ? oldest : wanted;
  const id = newId('bkf');
  const row = await beginBackfill(db, {
    id,
    gateway: named,
    since: from,
    until,
    limits: limitsOf(until.getTime() - wanted.getTime(), { listed, kept }),
    askedBy,
  });
  const input = { gateway: named, id, since: from.toISOString(), until: until.toISOString() };
  await startOrDrop({
    start: () => startBackfill(client, config.TEMPORAL_TASK_QUEUE, input),
    drop: () => dropBackfill(db, id),
    countRunning: () => countRunningBackfills(db, named),
    running: {
      code: 'backfill_running',
      detail: `a backfill of ${named} is running; GET /v1/backfills?status=running shows it. Wait for its end, or use its result`,
    },
  });
  return row;
}

function withEvents(gateway: Gateway): Gateway {
  if (gateway.listEvents !== undefined) return gateway;
  throw new Refusal(
    'not_supported',
    `${gateway.id} has no list of the callbacks that it sent, so none can be backfilled; paidonce reconcile compares its transactions`,
  );
}

/** Says what is left out of a period of this length. All times in milliseconds. */
function limitsOf(
  period: number,
  { listed, kept }: { readonly listed: number; readonly kept: number },
): string[] {
  const days = (ms: number): string => `${Math.floor(ms / DAY_MS)} days`;
  return [
    ...(period > listed
      ? [`The gateway lists its events for ${days(listed)}: older ones are left out.`]
      : []),
    ...(period > kept
      ? [`The log keeps callbacks for ${days(kept)} (RETENTION_DELIVERIES): older events are left out.`]
      : []),
  ];
}
