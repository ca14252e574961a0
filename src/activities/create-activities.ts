/** The activities of `paymentSession` and `moneyOperations`, made of a store and the gateways. */
import { Context } from '@temporalio/activity';
import { crashPoint } from '../crash-points.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { mayBeClosed } from '../store/decisions.ts';
import { askGateway } from './ask-gateway.ts';
import { attemptOperation } from './attempt-operation.ts';
import { closeUnopened } from './close-unopened.ts';
import type { MoneyActivities, PaymentActivities, SessionInput } from './contract.ts';
import { planGiveBack } from './give-back.ts';
import { withHeartbeat } from './heartbeat.ts';
import { lookAtPayment } from './look-at-payment.ts';
import type { OpeningSettings } from './open-session.ts';
import type { Recording } from './recording.ts';
import { tryToOpen } from './try-to-open.ts';

export interface ActivityDependencies {
  readonly recording: Recording;
  /** @throws Error for a gateway that is not configured. */
  readonly gatewayNamed: (name: string) => Gateway;
  readonly opening: OpeningSettings;
  /** Tells the payment's run that its session takes long to open. */
  readonly onSlowOpening?: (payment: PaymentKey) => Promise<unknown>;
}

/** Builds the activities that a Worker registers. */
export function createActivities(deps: ActivityDependencies): PaymentActivities & MoneyActivities {
  const { recording, gatewayNamed, opening: settings } = deps;
  const withGateway = <Result>(
    input: { readonly gateway: string },
    work: (tools: Recording & { gateway: Gateway; signal: AbortSignal }) => Promise<Result>,
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
    cancelSession: (input) =>
      withGateway(input, async ({ db, gateway, signal }) => {
        crashPoint('cancel.before', input.orderReference);
        const may = await mayBeClosed(db, input, input.because);
        const answer = may ? await gateway.cancelSession(input.sessionId, { signal }) : 'refused';
        crashPoint('cancel.after', input.orderReference);
        return answer;
      }),
    cancelSurplusSessions: (input) =>
      withGateway(input, ({ gateway, signal }) => cancelSurplus(gateway, input, signal)),
    attemptOperation: (input) => withGateway(input, (tools) => attemptOperation(tools, input)),
    planGiveBack: (input) =>
      withGateway(input, (tools) =>
        // By the plan's own time: the row's is moved whenever a run is woken for it.
        planGiveBack(tools, input, Context.current().info.scheduledTimestampMs),
      ),
  };
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
