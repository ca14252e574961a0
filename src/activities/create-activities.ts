/** The activities of `paymentSession`, made of a store and the gateways. */
import { crashPoint } from '../crash-points.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { mayBeClosed } from '../store/decisions.ts';
import type { Db } from '../store/open.ts';
import {
  recordOutcome,
  type OutcomeRecord,
  type RecordedOutcome,
  type RecordSettings,
} from '../store/outcomes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { asking } from './asking.ts';
import { currentRun } from './current-run.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { OpeningSettings } from './open-session.ts';
import { tryToOpen } from './try-to-open.ts';
import type { PaymentActivities, SessionInput } from './payment-activities.ts';

export interface ActivityDependencies {
  readonly db: Db;
  /** @throws Error for a gateway that is not configured. */
  readonly gatewayNamed: (name: string) => Gateway;
  readonly opening: OpeningSettings;
  readonly recording: Omit<RecordSettings, 'teller'>;
  /** Tells the payment's run that its session takes long to open. */
  readonly onSlowOpening?: (payment: PaymentKey) => Promise<unknown>;
  readonly metrics?: Pick<Metrics, 'outcomes' | 'callbackToPaid' | 'polls'>;
}

/** Builds the activities that a Worker registers. */
export function createPaymentActivities(deps: ActivityDependencies): PaymentActivities {
  const { db, gatewayNamed } = deps;
  return {
    openSession: (input) =>
      tryToOpen(
        { db, gateway: gatewayNamed(input.gateway), settings: deps.opening },
        input,
        deps.onSlowOpening,
      ),
    readTransaction: ({ gateway, sessionId, transactionId, orderReference }) =>
      between('read', orderReference, (signal) =>
        gatewayNamed(gateway).readPayment(
          { sessionId, ...(transactionId !== undefined && { transactionId }) },
          { signal },
        ),
      ),
    cancelSession: (input) =>
      between('cancel', input.orderReference, async (signal) =>
        (await mayBeClosed(db, input, input.because))
          ? gatewayNamed(input.gateway).cancelSession(input.sessionId, { signal })
          : 'refused',
      ),
    cancelSurplusSessions: (input) =>
      asking((signal) => cancelSurplus(gatewayNamed(input.gateway), input, signal)),
    async recordOutcome(record) {
      const settings = { ...deps.recording, teller: currentRun() };
      const recorded = await withHeartbeat(() => recordOutcome(db, record, settings));
      count(deps, record, recorded);
      return recorded;
    },
  };
}

function count({ metrics }: ActivityDependencies, record: OutcomeRecord, recorded: RecordedOutcome): void {
  if (record.notes.some((note) => note.kind === 'poll')) metrics?.polls.inc();
  if (recorded.isChange) metrics?.outcomes.inc({ status: recorded.status });
  const received = record.deliveries.map((delivery) => Date.parse(delivery.receivedAt));
  if (recorded.paysNow && received.length > 0)
    metrics?.callbackToPaid.observe((Date.now() - Math.min(...received)) / 1_000);
}

async function cancelSurplus(gateway: Gateway, input: SessionInput, signal: AbortSignal): Promise<number> {
  const found = await gateway.findSessions(input, { signal });
  const surplus = found.filter((session) => session.live && session.sessionId !== input.sessionId);
  for (const session of surplus) {
    crashPoint('open.surplus.before', input.orderReference);
    await gateway.cancelSession(session.sessionId, { signal });
    crashPoint('open.surplus.after', input.orderReference);
  }
  return surplus.length;
}

function between<Answer>(
  what: 'read' | 'cancel',
  orderReference: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return asking(async (signal) => {
    crashPoint(`${what}.before`, orderReference);
    const answer = await ask(signal);
    crashPoint(`${what}.after`, orderReference);
    return answer;
  });
}
