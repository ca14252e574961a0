/** Which gateways there are. The only file that knows a gateway's folder. */
import type { Config, GatewayConfig } from '../config/config.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { believable } from './believable.ts';
import type { GatewayCommand } from './commands.ts';
import type { Logger } from '../telemetry/log.ts';
import { createDinteroGateway } from './dintero/adapter.ts';
import { DINTERO_COMMANDS } from './dintero/commands.ts';
import type { DinteroSettings } from './dintero/settings.ts';
import type { Gateway } from './gateway.ts';
import { guarded } from './guarded.ts';
import { limitCallRate } from './call-rate.ts';

export interface GatewayRegistry {
  readonly all: readonly Gateway[];
  /** The gateway, or undefined for one that is not configured. */
  readonly find: (name: string) => Gateway | undefined;
  /** @throws Error for one that is not configured. */
  readonly named: (name: string) => Gateway;
}

/** Builds every gateway that the configuration names. */
export function createGateways(config: Config, metrics: Metrics, log?: Logger): GatewayRegistry {
  return registryOf(
    [createDintero(config, metrics)].map((gateway) => guard(believable(gateway), metrics, log)),
  );
}

function guard(gateway: Gateway, metrics: Metrics, log: Logger | undefined): Gateway {
  return guarded(gateway, {
    changed(call, isOpen) {
      metrics.gatewayStopped.set({ gateway: gateway.id, call }, isOpen ? 1 : 0);
      if (isOpen)
        log?.warn(
          { gateway: gateway.id, call },
          'the gateway is silent: this call is stopped, and probed every few seconds',
        );
      else log?.info({ gateway: gateway.id, call }, 'the gateway answers again');
    },
  });
}

/** A registry of these gateways. */
function registryOf(all: readonly Gateway[]): GatewayRegistry {
  const byName = new Map(all.map((gateway) => [gateway.id, gateway]));
  return {
    all,
    find: (name) => byName.get(name),
    named(name) {
      const gateway = byName.get(name);
      if (gateway !== undefined) return gateway;
      throw new Error(`no gateway "${name}" is configured; there are: ${[...byName.keys()].join(', ')}`);
    },
  };
}

function createDintero(config: Config, metrics: Metrics): Gateway {
  const perSecond = config.DINTERO_MAX_CALLS_PER_SECOND;
  return createDinteroGateway(dinteroSettings(config), {
    ...(perSecond !== undefined && { pace: limitCallRate(perSecond) }),
    onCall: ({ operation, outcome, ms, serverDate }) => {
      metrics.gatewayCalls.observe({ gateway: 'dintero', operation, outcome }, ms / 1_000);
      if (serverDate !== undefined)
        metrics.clockSkew.set({ gateway: 'dintero' }, (Date.now() - serverDate.getTime()) / 1_000);
    },
  });
}

function dinteroSettings(config: GatewayConfig): DinteroSettings {
  const { DINTERO_SIGNATURE_SECRETS: signatureSecrets = [], DINTERO_WEBHOOK_SECRETS: webhookSecrets } =
    config;
  return {
    accountId: config.DINTERO_ACCOUNT_ID,
    clientId: config.DINTERO_CLIENT_ID,
    clientSecret: config.DINTERO_CLIENT_SECRET,
    profileId: config.DINTERO_PROFILE_ID,
    signatureSecrets,
    ...(webhookSecrets && { webhookSecrets }),
    apiUrl: config.DINTERO_API_URL,
    checkoutUrl: config.DINTERO_CHECKOUT_URL,
    publicUrl: config.PUBLIC_URL,
  };
}

/** What people can do at the gateways from a terminal. */
export const GATEWAY_COMMANDS: readonly {
  readonly gateway: string;
  readonly summary: string;
  readonly commands: readonly GatewayCommand<GatewayConfig>[];
}[] = [
  {
    gateway: 'dintero',
    summary: 'set up the Dintero account: webhooks and the secret of callbacks',
    commands: DINTERO_COMMANDS.map((command) => ({
      ...command,
      run: (config, asked) => command.run(dinteroSettings(config), asked),
    })),
  },
];
