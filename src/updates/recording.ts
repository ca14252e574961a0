/** Records a finding, and does what follows its commit. */
import type { Triggers } from '../domain/trigger.ts';
import type { Db } from '../store/open.ts';
import type { RecordedFinding } from '../store/record-finding/plan.ts';
import type { RecordRequest, RecordSettings } from '../store/record-finding/record-request.ts';
import { recordFinding } from '../store/record-finding/write.ts';
import type { Metrics } from '../telemetry/metrics.ts';

type Causes = Pick<Triggers, 'callbacks' | 'timer'>;

export interface Recording {
  readonly db: Db;
  /**
   * Records a finding, counts it, and starts the notification of new effects. Waits for the record alone.
   * @throws as `recordFinding`
   */
  readonly record: (request: RecordRequest, triggers?: Causes) => Promise<RecordedFinding>;
}

export interface AfterRecord {
  /** Makes this process notify the merchant of new effects, in their order. */
  readonly tell: (orderReference: string, effects: readonly string[]) => void;
  readonly metrics?: Pick<Metrics, 'outcomes' | 'callbackToPaid' | 'polls'> | undefined;
}

export function createRecording(db: Db, settings: RecordSettings, { tell, metrics }: AfterRecord): Recording {
  function afterRecord({ effects, payment, isChange, paysNow }: RecordedFinding, triggers?: Causes): void {
    if (effects.length > 0) tell(payment.orderReference, effects);
    if (triggers?.timer === 'poll') metrics?.polls.inc();
    if (isChange) metrics?.outcomes.inc({ status: payment.status });
    const received = (triggers?.callbacks ?? []).map(({ receivedAt }) => Date.parse(receivedAt));
    if (paysNow && received.length > 0)
      metrics?.callbackToPaid.observe((Date.now() - Math.min(...received)) / 1_000);
  }
  return {
    db,
    async record(request, triggers) {
      const recorded = await recordFinding(db, request, settings);
      afterRecord(recorded, triggers);
      return recorded;
    },
  };
}
