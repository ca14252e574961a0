/** What each gateway can do, made from its traits: for docs/capabilities.json and `GET /v1/gateways`. */
import { z } from 'zod';
import type { GatewayDescriptor } from './gateway-descriptor.ts';
import type { CurrencyTrait, OptionalField } from './traits.ts';

/** All times in seconds. */
export interface Capabilities {
  readonly id: string;
  readonly name: string;
  /** How long a session may be open. */
  readonly sessionLifetime: { readonly shortest: number; readonly longest: number };
  readonly sessionEndsBy: 'itself' | 'us';
  /** How long a repeated request with the same key has one effect; 0 where the gateway takes no keys. */
  readonly idempotencyKeys: {
    readonly open: number;
    readonly capture: number;
    readonly refund: number;
    readonly void: number;
  };
  readonly notifies: 'session' | 'account';
  readonly currencies: Readonly<Record<string, CurrencyTrait>>;
  readonly optionalFields: readonly OptionalField[];
  /** What a reconciliation can't compare, since no listing shows it. */
  readonly unlisted: readonly string[];
  /** How far back `paidonce backfill` can read events; 0 where the gateway lists none. */
  readonly eventHistory: number;
  /** The JSON schema of `options.<id>`; null where there are none. */
  readonly options: Readonly<Record<string, unknown>> | null;
}

export function capabilitiesOf({
  id,
  name,
  traits,
  options,
}: Pick<GatewayDescriptor, 'id' | 'name' | 'traits' | 'options'>): Capabilities {
  const { lifetime, endsBy, keys, notifies, currencies, takes, unlisted, eventHistoryMs } = traits;
  const { capture, refund, void: voids } = keys.operateMs;
  return {
    id,
    name,
    sessionLifetime: { shortest: seconds(lifetime.shortestMs), longest: seconds(lifetime.longestMs) },
    sessionEndsBy: endsBy,
    idempotencyKeys: {
      open: seconds(keys.openMs),
      capture: seconds(capture),
      refund: seconds(refund),
      void: seconds(voids),
    },
    notifies,
    currencies,
    optionalFields: takes,
    unlisted,
    eventHistory: seconds(eventHistoryMs),
    options: options === undefined ? null : z.toJSONSchema(options),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
