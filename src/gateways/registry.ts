/** Which gateways there are. The only file that knows a gateway's folder. */
import type { Config } from '../config.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createDinteroGateway } from './dintero/adapter.ts';
import type { Gateway } from './gateway.ts';

export interface GatewayRegistry {
  readonly all: readonly Gateway[];
  /** The gateway, or undefined for one that is not configured. */
  readonly find: (name: string) => Gateway | undefined;
  /** @throws Error for one that is not configured. */
  readonly named: (name: string) => Gateway;
}

/** Builds every gateway that the configuration names. */
export function createGateways(config: Config, metrics: Metrics): GatewayRegistry {
  return registryOf([createDintero(config, metrics)]);
}

/** A registry of these gateways. */
export function registryOf(all: readonly Gateway[]): GatewayRegistry {
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
  return createDinteroGateway(
    {
      accountId: config.DINTERO_ACCOUNT_ID,
      clientId: config.DINTERO_CLIENT_ID,
      clientSecret: config.DINTERO_CLIENT_SECRET,
      profileId: config.DINTERO_PROFILE_ID,
      signatureSecrets: config.DINTERO_SIGNATURE_SECRETS,
      ...(config.DINTERO_WEBHOOK_SECRETS && { webhookSecrets: config.DINTERO_WEBHOOK_SECRETS }),
      apiUrl: config.DINTERO_API_URL,
      checkoutUrl: config.DINTERO_CHECKOUT_URL,
      publicUrl: config.PUBLIC_URL,
    },
    {
      onCall: ({ operation, outcome, ms, serverDate }) => {
        metrics.gatewayCalls.observe({ gateway: 'dintero', operation, outcome }, ms / 1_000);
        if (serverDate !== undefined)
          metrics.clockSkew.set({ gateway: 'dintero' }, (Date.now() - serverDate.getTime()) / 1_000);
      },
    },
  );
}
