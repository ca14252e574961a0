import type { OperationKind } from '../domain/operation.ts';

/** What is fixed about a gateway, as data: the same for every payment. docs/capabilities.json shows it. */
export interface Traits {
  /** How long a session may be open, counted from its creation. */
  readonly lifetime: Lifetime;
  /**
   * What ends a session whose time is over by our clock. `itself`: the gateway, at the time that we asked for,
   * and its reads may go on to show the session as open. `us`: the gateway may let the payer go on, so we close
   * the session.
   */
  readonly endsBy: 'itself' | 'us';
  /**
   * How long a request that is repeated with its key has one effect, in milliseconds, by the key or by its
   * nature. 0 where that is not certain.
   */
  readonly keys: { readonly openMs: number; readonly operateMs: Readonly<Record<OperationKind, number>> };
  /**
   * Where its callbacks come from. `session`: each session names its callback URL. `account`: only
   * subscriptions of the account notify us, so a missing one is a failure.
   */
  readonly notifies: 'session' | 'account';
  /** The currencies whose amounts the gateway takes in another way than in ISO 4217's minor units. */
  readonly currencies: Readonly<Record<string, CurrencyTrait>>;
  /** The fields of a payment that not every gateway understands, and this one does. */
  readonly takes: readonly OptionalField[];
  /** What the listings never show, so that a reconciliation can't compare it: sentences for people. */
  readonly unlisted: readonly string[];
  /**
   * For how long the gateway keeps and lists the events that it sends as callbacks, in milliseconds. 0 where it has
   * no such list.
   */
  readonly eventHistoryMs: number;
}

export const OPTIONAL_FIELDS = ['profileId', 'merchantReference2'] as const;
export type OptionalField = (typeof OPTIONAL_FIELDS)[number];

export interface Lifetime {
  readonly shortestMs: number;
  readonly longestMs: number;
}

export interface CurrencyTrait {
  /** The decimals of the gateway's minor unit; absent where they are ISO 4217's. */
  readonly digits?: number;
  /** Amounts in our minor units must be a multiple of this. */
  readonly multipleOf?: number;
}

/** The lifetime that comes nearest to the wanted one, in milliseconds. */
export function lifetimeWithin({ shortestMs, longestMs }: Lifetime, wantedMs: number): number {
  return Math.min(Math.max(wantedMs, shortestMs), longestMs);
}
