import { paidonce } from './shell-commands.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import type { Gateway } from '../gateways/gateway.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { check, fail, ok, warn, type Check, type CheckResult } from './check.ts';

/** Signatures are accepted up to 300 s off, and an operator should know well before that. */
const SKEW_WARN_S = 30;
const SKEW_FAIL_S = 240;

/** Checks the credentials, the account webhooks, and how far our clock is from the gateway's. */
export async function checkGateway(gateway: Gateway, metrics: Metrics): Promise<Check[]> {
  const name = `${gateway.id} credentials`;
  const todo = 'check that the credentials and the account belong together, and that the host is right';
  const credentials = await check(name, () => checkCredentials(gateway), todo);
  const clock = await check(`${gateway.id} clock`, () => checkClock(gateway, metrics), 'run the check again');
  if (credentials.state === 'fail') return clock.state === 'fail' ? [credentials, clock] : [credentials];
  const webhooks = await check(
    `${gateway.id} account webhooks`,
    () => checkWebhooks(gateway),
    'run the check again',
  );
  return [credentials, clock, webhooks];
}

const SILENT =
  'nothing is lost, and nothing has to be done here: openings, reads and money operations continue automatically within minutes after it answers again';

async function checkCredentials(gateway: Gateway): Promise<CheckResult> {
  try {
    const { account = gateway.account } = await gateway.checkCredentials();
    if (account !== gateway.account)
      return fail(
        `the credentials are of account ${account}, and the configuration names ${gateway.account}`,
        'set the account that the credentials belong to: every transaction of another one is refused',
      );
  } catch (error) {
    if (!(error instanceof GatewayUnavailable) || error.kind === 'credentials') throw error;
    return fail(`${gateway.id} does not answer (${error.message})`, SILENT);
  }
  return ok(`accepted for account ${gateway.account} (${gateway.mode})`);
}

const AGAIN = 'subscribe again, with the environment of the service';

async function checkWebhooks(gateway: Gateway): Promise<CheckResult> {
  const state = await gateway.findSubscription();
  if (state === 'there') return ok('subscribed');
  if (state === 'not_expected') return ok('off: the sweep finds changes without a callback');
  if (state === 'not_shown')
    return warn(
      'not known: the gateway does not tell whether it calls us',
      "look at the address of the callbacks in the gateway's back office, and whether a payment has had one: paidonce why",
    );
  const command = paidonce(gateway.id, 'subscribe');
  if (typeof state === 'object') return fail(state.wrong, AGAIN, command);
  if (gateway.traits.notifies === 'account')
    return fail(
      'there is no subscription, and nothing else notifies us: only the sweep finds payments',
      AGAIN,
      command,
    );
  return warn(
    'a secret is set, but there is no subscription: a gateway may delete one whose calls failed several times',
    AGAIN,
    command,
  );
}

async function checkClock({ id }: Gateway, { clockSkew }: Metrics): Promise<CheckResult> {
  const { values } = await clockSkew.get();
  const skew = values.find(({ labels }) => labels['gateway'] === id)?.value;
  if (skew === undefined)
    return warn('unknown: the answers of the gateway have no date', 'compare the clocks by hand');
  const text = `ours is ${Math.abs(Math.round(skew))} s ${skew < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(skew) >= SKEW_FAIL_S)
    return fail(text, 'set the clock (NTP): genuine callbacks will soon be refused as stale');
  return Math.abs(skew) >= SKEW_WARN_S ? warn(text, 'set the clock (NTP)') : ok(text);
}
