/**
 * The list of all gateways. This is the only file of the core that names a gateway's folder: one line for
 * each.
 */
import type { Clue } from '../domain/refusal-clue.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { withPossibleSums } from './possible-sums.ts';
import { inOurUnits } from './in-gateway-units.ts';
import { limitCallRate } from './call-rate.ts';
import type { ConfiguredGateway, GatewayDescriptor } from './gateway-descriptor.ts';
import { explainWith } from './explain-refusal.ts';
import type { CallbackResults, RawRequest } from './verification.ts';
import { DINTERO } from './dintero/descriptor.ts';
import { STRIPE } from './stripe/descriptor.ts';
import type { Gateway } from './gateway.ts';
import { stopWhenSilent } from './stop-when-silent.ts';

/** Every gateway that can be configured. Documents take their examples from the first. */
export const GATEWAYS: readonly [GatewayDescriptor, ...GatewayDescriptor[]] = [DINTERO, STRIPE];

/** The gateways that are configured. */
export interface GatewayRegistry {
  readonly all: readonly Gateway[];
  /** The id of the gateway of payments that name none; undefined if there are several and none is the default. */
  readonly byDefault: string | undefined;
  /** The gateway, or undefined if it is not configured. */
  readonly find: (id: string) => Gateway | undefined;
  /** @throws Error if the gateway is not configured */
  readonly named: (id: string) => Gateway;
  /** Whether a gateway moves real money; false for one that is not configured. */
  readonly livemode: (id: string) => boolean;
  /** The form of `options.<id>`; undefined where the gateway has no options. */
  readonly optionsOf: (id: string) => GatewayDescriptor['options'];
  /** The body of the answer to a gateway's callback whose deliveries are all stored durably. */
  readonly answerTo: (id: string, results: CallbackResults) => unknown;
  /** Why a refused callback of a gateway might have been genuine. Takes a few milliseconds at most. */
  readonly explainRefusal: (gateway: Gateway, request: RawRequest) => readonly Clue[];
}

interface GatewaysConfig {
  readonly gateways: readonly ConfiguredGateway[];
  readonly ORDER_WEBHOOK_SECRETS?: readonly string[] | undefined;
  readonly DEFAULT_GATEWAY?: string | undefined;
}

/** Builds every gateway that the configuration names. */
export function createGateways(config: GatewaysConfig, metrics: Metrics, log?: Logger): GatewayRegistry {
  const { gateways, DEFAULT_GATEWAY: byDefault } = config;
  const all = gateways.map((configured) =>
    watched(withPossibleSums(inOurUnits(create(configured, metrics))), metrics, log),
  );
  const byId = new Map(all.map((gateway) => [gateway.id, gateway]));
  const descriptors = new Map(gateways.map(({ descriptor }) => [descriptor.id, descriptor]));
  return {
    all,
    byDefault: byDefault ?? (all.length === 1 ? all[0]?.id : undefined),
    find: (id) => byId.get(id),
    named(id) {
      const gateway = byId.get(id);
      if (gateway !== undefined) return gateway;
      throw new Error(`no gateway "${id}" is configured; configured are: ${[...byId.keys()].join(', ')}`);
    },
    livemode: (id) => byId.get(id)?.mode === 'live',
    optionsOf: (id) => descriptors.get(id)?.options,
    answerTo: (id, results) => descriptors.get(id)?.answerTo(results),
    explainRefusal: explainWith(all, config),
  };
}

function create({ descriptor, settings, maxCallsPerSecond }: ConfiguredGateway, metrics: Metrics): Gateway {
  const { id: gateway } = descriptor;
  return descriptor.create(settings, {
    ...(maxCallsPerSecond !== undefined && { rate: limitCallRate(maxCallsPerSecond) }),
    onCall({ operation, outcome, ms, serverDate }) {
      metrics.gatewayCalls.observe({ gateway, operation, outcome }, ms / 1_000);
      metrics.callTally.note({ gateway, operation, outcome, ms });
      if (serverDate !== undefined)
        metrics.clockSkew.set({ gateway }, (Date.now() - serverDate.getTime()) / 1_000);
    },
  });
}

function watched(gateway: Gateway, metrics: Metrics, log: Logger | undefined): Gateway {
  return stopWhenSilent(gateway, {
    changed(call, isOpen) {
      metrics.gatewayStopped.set({ gateway: gateway.id, call }, isOpen ? 1 : 0);
      if (isOpen)
        log?.warn(
          { gateway: gateway.id, call },
          'the gateway does not answer: this call is stopped, and probed every few seconds',
        );
      else log?.info({ gateway: gateway.id, call }, 'the gateway answers again');
    },
  });
}
