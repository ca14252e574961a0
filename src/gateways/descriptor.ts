/**
 * What the core knows of a gateway before it is configured: one descriptor for each folder, listed in registry.ts. The core composes its
 * configuration, commands and documents of them, and knows no gateway's name.
 */
import type { z } from 'zod';
import type { CallRate } from './call-rate.ts';
import type { GatewayCommand } from './gateway-command.ts';
import type { Gateway } from './gateway.ts';

export interface GatewayDescriptor<Values = Readonly<Record<string, unknown>>, Settings = unknown> {
  /** Its word in addresses, rows and commands: `/callbacks/<id>`, `paidonce <id> …`. */
  readonly id: string;
  /** Its name for people. */
  readonly name: string;
  /** Its page of the documentation, from the root of the repository. */
  readonly page: string;
  readonly variables: GatewayVariables;
  /** What the adapter takes, from `variables.shape` as parsed. */
  settings(values: Values, publicUrl: string): Settings;
  create(settings: Settings, deps: GatewayDeps): Gateway;
  /** `paidonce <id> <command>`. One that has account webhooks has the command `subscribe`. */
  readonly commands: {
    readonly summary: string;
    readonly list: readonly GatewayCommand<Settings>[];
  };
  /** Headers of its callbacks that explain a delivery and are no secret: they are kept with it. Lower case. */
  readonly keptHeaders: readonly string[];
  /** The body of the answer to a callback that is durable. */
  answerTo(result: CallbackResult): unknown;
  readonly document: GatewayDocument;
  /** The variables that have it call a sandbox of ours at this URL. */
  sandboxVariables(url: string): Readonly<Record<string, string>>;
}

export type CallbackResult = 'accepted' | 'duplicate' | 'ignored';

/** Its slice of the configuration. */
export interface GatewayVariables {
  /** All its names begin so, without the underscore. The core adds `<prefix>_ALLOWED_IPS`, `_IP_POLICY` and `_MAX_CALLS_PER_SECOND`. */
  readonly prefix: string;
  /** By name, each with its form (lib/variable-forms.ts). It is configured where any of them is set. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** May be given by NAME_FILE too, are never shown, and must be strong where money is real. */
  readonly secrets: readonly string[];
  /** Its own hosts, by the variable that may name another: a sandbox or a proxy. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Variables whose values its own commands make: these commands do without. */
  readonly madeByCommands: readonly string[];
  /** By the raw texts too, so that a fault elsewhere does not hide it. */
  mode(values: Readonly<Record<string, unknown>>): 'test' | 'live';
  /** How its mode is seen, behind "since": `the account is live (P…)`. */
  readonly liveBecause: string;
  /** Complaints about variables that are wrong only beside others, each `NAME: …`. */
  contradictions?(texts: Readonly<Record<string, string>>): readonly string[];
}

/** What OpenAPI shows of it. */
export interface GatewayDocument {
  /** What of a callback about one payment is signed, and what of it is read; a sentence. */
  readonly callback: string;
  /** The same of `POST /callbacks/<id>/account`. */
  readonly accountWebhook: string;
  readonly example: {
    readonly account: string;
    readonly sessionId: string;
    readonly transactionId: string;
    readonly paymentMethod: string;
    readonly checkoutUrl: string;
    /** Path and query of a callback about payment 1 of order 1001. */
    callbackTarget(paymentId: string): string;
  };
}

export interface GatewayDeps {
  /** Our own limit of calls a second. */
  readonly rate?: CallRate;
  readonly onCall?: (call: GatewayCall) => void;
}

/** One HTTP exchange with a gateway, for metrics. */
export interface GatewayCall {
  readonly operation: string;
  readonly outcome: 'ok' | 'rejected' | 'silent' | 'credentials' | 'rate_limited';
  readonly ms: number;
  /** The gateway's clock, to the second: shows how far ours is off. */
  readonly serverDate?: Date;
}

/** A gateway that the environment configures. */
export interface ConfiguredGateway {
  readonly descriptor: GatewayDescriptor;
  readonly mode: 'test' | 'live';
  /** Its variables by name, parsed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Made by `descriptor.settings`. */
  readonly settings: unknown;
  /** Undefined for no limit of ours. */
  readonly maxCallsPerSecond: number | undefined;
  /** Where its callbacks may come from; null for anywhere. */
  readonly sources: AllowedSources | null;
}

export interface AllowedSources {
  /** The variable that lists them. */
  readonly variable: string;
  readonly allowed: readonly string[];
  /** What becomes of a callback from elsewhere. */
  readonly policy: 'report' | 'refuse';
}
