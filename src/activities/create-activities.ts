/** Builds the activities of `paymentSession` and `moneyOperations` from a store and the gateways. */
import { Context } from '@temporalio/activity';
import { crashable } from '../crash-points.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { mayBeClosed } from '../store/decisions.ts';
import { askGateway, type GatewayTools } from './ask-gateway.ts';
import { attemptOperation } from './attempt-operation.ts';
import { closeUnopened } from './close-unopened.ts';
import type { CancelInput, MoneyActivities, PaymentActivities, SessionInput } from './contract.ts';
import { planGiveBack } from './give-back.ts';
import { withHeartbeat } from './heartbeat.ts';
import { lookAtPayment } from './look-at-payment.ts';
import type { OpeningSettings } from './open-session.ts';
import type { Recording } from '../updates/recording.ts';
import { tryToOpen } from './try-to-open.ts';

export interface ActivityDependencies {
  readonly recording: Recording;
  /** @throws Error for a gateway that is not configured. */
  readonly gatewayNamed: (name: string) => Gateway;
  readonly opening: OpeningSettings;
  /** Signals the payment's run that its session takes long to open. */
  readonly onSlowOpening?: (payment: PaymentKey) => Promise<unknown>;
}

/** Builds the activities that a Worker registers. */
export function createActivities(deps: ActivityDependencies): PaymentActivities & MoneyActivities {
  const { recording, gatewayNamed, opening: settings } = deps;
  const withGateway = <Result>(
    input: { readonly gateway: string },
    work: (tools: GatewayTools) => Promise<Result>,
  ): Promise<Result> =>
    askGateway((signal) => work({ ...recording, gateway: gatewayNamed(input.gateway), signal }));
  return {
    openSession: (input) =>
      tryToOpen(
        { ...recording, gateway: gatewayNamed(input.gateway), opening: settings },
        input,
        deps.onSlowOpening,
      ),
    closeUnopened: (input) =>
      withHeartbeat(() => closeUnopened(recording, gatewayNamed(input.gateway).account, input)),
    lookAtPayment: (input) => withGateway(input, (tools) => lookAtPayment(tools, input)),
    cancelSession: (input) => withGateway(input, (tools) => cancel(tools, input)),
    cancelSurplusSessions: (input) => withGateway(input, (tools) => cancelSurplus(tools, input)),
    attemptOperation: (input) => withGateway(input, (tools) => attemptOperation(tools, input)),
    planGiveBack: (input) =>
      withGateway(input, (tools) =>
        // The time of the plan itself: the row's time moves whenever a run is woken for it.
        planGiveBack(tools, input, Context.current().info.scheduledTimestampMs),
      ),
  };
}

const cancel = crashable(
  { before: 'cancel.before', after: 'cancel.after' },
  async ({ db, gateway, signal }: GatewayTools, input: CancelInput): Promise<'cancelled' | 'refused'> => {
    const may = await mayBeClosed(db, input, input.because);
    return may ? gateway.cancelSession(input.sessionId, { signal }) : 'refused';
  },
);

/** Runs end long before. */
const LONGEST_SEARCH_MS = 30 * 24 * 3_600_000;

async function cancelSurplus({ gateway, signal }: GatewayTools, input: SessionInput): Promise<number> {
  const found = await gateway.findSessions(input, new Date(Date.now() - LONGEST_SEARCH_MS), { signal });
  const surplus = found.filter((session) => session.live && session.sessionId !== input.sessionId);
  for (const { sessionId } of surplus) await cancelOne(gateway, { ...input, sessionId }, signal);
  return surplus.length;
}

const cancelOne = crashable(
  { before: 'open.surplus.before', after: 'open.surplus.after' },
  (gateway: Gateway, { sessionId }: SessionInput, signal: AbortSignal) =>
    gateway.cancelSession(sessionId, { signal }),
);
