/** The tools of everything that records a finding, and what happens after the commit. */
import type { Triggers } from '../domain/trigger.ts';
import type { Db } from '../store/open.ts';
import type { RecordedFinding } from '../store/record-finding/plan.ts';
import type { RecordSettings } from '../store/record-finding/record-request.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface Recording {
  readonly db: Db;
  readonly settings: RecordSettings;
  /** Counts the finding, and starts the notification of new effects. Never waits, and never throws. */
  readonly recorded: (recorded: RecordedFinding, triggers?: Pick<Triggers, 'callbacks' | 'timer'>) => void;
}

export interface AfterRecord {
  /** Makes this process notify the merchant of new effects, in their order. */
  readonly tell: (orderReference: string, effects: readonly string[]) => void;
  readonly metrics?: Pick<Metrics, 'outcomes' | 'callbackToPaid' | 'polls'> | undefined;
}

export function createRecording(db: Db, settings: RecordSettings, { tell, metrics }: AfterRecord): Recording {
  return {
    db,
    settings,
    recorded({ effects, payment, isChange, paysNow }, triggers) {
      if (effects.length > 0) tell(payment.orderReference, effects);
      if (triggers?.timer === 'poll') metrics?.polls.inc();
      if (isChange) metrics?.outcomes.inc({ status: payment.status });
      const received = (triggers?.callbacks ?? []).map(({ receivedAt }) => Date.parse(receivedAt));
      if (paysNow && received.length > 0)
        metrics?.callbackToPaid.observe((Date.now() - Math.min(...received)) / 1_000);
    },
  };
}
