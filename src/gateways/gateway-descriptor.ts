/**
 * Describes a gateway before it is configured: one descriptor for each folder, listed in registry.ts. The
 * core makes its configuration, commands and documents from the descriptors, and knows no gateway's name.
 */
import type { z } from 'zod';
import type { CallRate } from './call-rate.ts';
import type { GatewayCommand } from './gateway-command.ts';
import type { GatewayProof } from './gateway-proof.ts';
import type { Gateway } from './gateway.ts';
import type { SandboxEvent } from './sandbox-event.ts';
import type { SandboxFault } from './sandbox-fault.ts';
import type { Traits } from './traits.ts';
import type { CallbackResults } from './verification.ts';

export interface GatewayDescriptor<Values = Readonly<Record<string, unknown>>, Settings = unknown> {
  /** Its name in addresses, rows and commands: `/callbacks/<id>`, `paidonce <id> …`. */
  readonly id: string;
  /** Its name for people. */
  readonly name: string;
  /** The path of its documentation page, from the root of the repository. */
  readonly page: string;
  readonly variables: GatewayVariables;
  /** Makes the adapter's settings from the parsed `variables.shape`. */
  settings(values: Values, publicUrl: string): Settings;
  create(settings: Settings, deps: GatewayDeps): Gateway;
  /** `paidonce <id> <command>`. A gateway with account webhooks has the command `subscribe`. */
  readonly commands: {
    readonly summary: string;
    readonly list: readonly GatewayCommand<Settings>[];
  };
  /**
   * Headers of its callbacks that explain a delivery and contain no secret. They are kept with the delivery.
   * Lower case.
   */
  readonly keptHeaders: readonly string[];
  /** The body of the answer to a callback whose deliveries are all stored durably. */
  answerTo(results: CallbackResults): unknown;
  readonly traits: Traits;
  /** The form of a payment's `options.<id>`, where it has options. */
  readonly options?: z.ZodType<Readonly<Record<string, unknown>>>;
  readonly document: GatewayDocument;
  readonly proof: GatewayProof<Settings>;
  /** Absent where there is none: then `npm start` runs the gateway only where it is configured. */
  readonly sandbox?: GatewaySandbox;
}

/** Our stand-in for the gateway, which `npm start` runs if no gateway is configured. */
export interface GatewaySandbox {
  /** The variables of its port, and of its address where browsers reach it by another one. */
  readonly portVariable: string;
  readonly port: number;
  readonly publicUrlVariable: string;
  /** The variable of the URL that it calls. Absent where each session names its own. */
  readonly callsVariable?: string;
  /** The variables that make the gateway call the sandbox at this URL. */
  variables(url: string): Readonly<Record<string, string>>;
  /** The variables whose values the sandbox needs too. */
  readonly shares: readonly string[];
  /** Whether the environment names the gateway itself or another stand-in. */
  isReplaced(env: NodeJS.ProcessEnv): boolean;
  /** Texts about an environment that names neither clearly, each `NAME: …`. */
  complaints?(env: NodeJS.ProcessEnv): readonly string[];
  /** The variable of the address that the service calls; the sandbox is there, or the gateway itself. */
  readonly apiVariable: string;
  /** What it can play. `golive` needs `payment`, `lost` and `trouble`, and `trigger` needs `payment`. */
  readonly events: readonly SandboxEvent[];
  /** How it can be made to misbehave, until it is told to stop. */
  readonly faults: readonly SandboxFault[];
  /** What to do where the gateway itself is called, and so no sandbox can play an event. */
  readonly instead: string;
}

/** A gateway's part of the configuration. */
export interface GatewayVariables {
  /**
   * The prefix of all its variables, without the underscore. The core adds `<prefix>_ALLOWED_IPS`,
   * `_IP_POLICY` and `_MAX_CALLS_PER_SECOND`.
   */
  readonly prefix: string;
  /**
   * The variables by name, each with its form (lib/variable-forms.ts). The gateway is configured if any of
   * them is set.
   */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** These may also be given by NAME_FILE, are never shown, and must be strong if money is real. */
  readonly secrets: readonly string[];
  /** Its own hosts, by the variable that may name another one: a sandbox or a proxy. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Variables whose values its own commands create, so that the commands do not need them. */
  readonly madeByCommands: readonly string[];
  /** Also accepts the raw texts, so that another wrong variable does not hide the mode. */
  mode(values: Readonly<Record<string, unknown>>): 'test' | 'live';
  /** Completes "since": how one sees that it is live, such as `the account is live (P…)`. */
  readonly liveBecause: string;
  /**
   * Whether the gateway can do without an https PUBLIC_URL, as where its command-line tool forwards callbacks.
   * Absent where it never can.
   */
  allowsHttp?(texts: Readonly<Record<string, string>>): boolean;
  /** Texts about variables that are wrong only in combination, each `NAME: …`. */
  contradictions?(texts: Readonly<Record<string, string>>): readonly string[];
}

/** The gateway's parts of the OpenAPI document. */
export interface GatewayDocument {
  /** Says in one sentence which parts of a callback about one payment are signed and read. */
  readonly callback: string;
  /** The same for `POST /callbacks/<id>/account`. */
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
  /** Our own limit of calls per second. */
  readonly rate?: CallRate;
  readonly onCall?: (call: GatewayCall) => void;
}

/** One HTTP exchange with a gateway, for metrics. */
export interface GatewayCall {
  readonly operation: string;
  readonly outcome: 'ok' | 'rejected' | 'silent' | 'credentials' | 'rate_limited';
  readonly ms: number;
  /** The gateway's clock, to the second; it shows how far ours is off. */
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
  /** Undefined for no limit. */
  readonly maxCallsPerSecond: number | undefined;
  /** The addresses that its callbacks may come from; null for any. */
  readonly sources: AllowedSources | null;
}

export interface AllowedSources {
  /** The variable that lists them. */
  readonly variable: string;
  readonly allowed: readonly string[];
  /** What to do with a callback from another address. */
  readonly policy: 'report' | 'refuse';
}
