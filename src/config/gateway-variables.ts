/** The configuration of the listed gateways. No gateway is named here. */
import { z } from 'zod';
import type { AllowedSources, ConfiguredGateway, GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import { isGiven } from './environment.ts';
import { list, oneOf, source, wholeFrom } from '../lib/variable-forms.ts';

export type Descriptors = readonly GatewayDescriptor[];
type Values = Readonly<Record<string, unknown>>;

/** The variables that the core adds for each gateway. */
const OURS = {
  /** The addresses that its callbacks may come from. */
  ALLOWED_IPS: list(source).optional(),
  /** What to do with a callback from another address. */
  IP_POLICY: oneOf(['report', 'refuse']).default('report'),
  /** Our own limit of calls per process. */
  MAX_CALLS_PER_SECOND: wholeFrom(1, 10_000, 'a number of calls from 1 to 10000').optional(),
};

/** Every variable of a gateway by name, including those that the core adds. */
export function shapeOf({ variables: { prefix, shape } }: GatewayDescriptor): Record<string, z.ZodType> {
  const ours = Object.entries(OURS).map(([name, form]) => [`${prefix}_${name}`, form]);
  return { ...shape, ...Object.fromEntries(ours) };
}

export function namesOf(descriptor: GatewayDescriptor): string[] {
  return Object.keys(shapeOf(descriptor));
}

export function secretsOf(descriptors: Descriptors): string[] {
  return descriptors.flatMap(({ variables }) => variables.secrets);
}

/** The gateways of which the environment has any variable. */
export function configuredIn(env: NodeJS.ProcessEnv, descriptors: Descriptors): Descriptors {
  return descriptors.filter((descriptor) => namesOf(descriptor).some((name) => isGiven(env, name)));
}

/** The problem text if no gateway is configured, with the variables that each gateway needs. */
export function missingGateway(configured: Descriptors, descriptors: Descriptors): string[] {
  if (configured.length > 0) return [];
  const needed = descriptors.map(
    (descriptor) => `${requiredBy(descriptor).join(', ')} (${descriptor.name}: ${descriptor.page})`,
  );
  return [`gateway: none is configured; set ${needed.join(', or ')}`];
}

function requiredBy(descriptor: GatewayDescriptor): string[] {
  const shape = Object.entries(shapeOf(descriptor));
  return shape.filter(([, form]) => !form.safeParse(undefined).success).map(([name]) => name);
}

/** By the gateway's id, for `readVariables`. */
export function gatewaySlices(descriptors: Descriptors): Record<string, z.ZodType<Values>> {
  return Object.fromEntries(descriptors.map((descriptor) => [descriptor.id, z.object(shapeOf(descriptor))]));
}

/** The slice in which variables that the gateway's own commands create are optional. */
export function commandSlice(descriptor: GatewayDescriptor): z.ZodType<Values> {
  const { madeByCommands } = descriptor.variables;
  const shape = Object.entries(shapeOf(descriptor)).map(
    ([name, form]) => [name, madeByCommands.includes(name) ? form.optional() : form] as const,
  );
  return z.object(Object.fromEntries(shape));
}

/** A gateway with its parsed variables. */
export function configure(
  descriptor: GatewayDescriptor,
  values: Values,
  publicUrl: string,
): ConfiguredGateway {
  const { prefix } = descriptor.variables;
  return {
    descriptor,
    mode: descriptor.variables.mode(values),
    values,
    settings: descriptor.settings(values, publicUrl),
    maxCallsPerSecond: values[`${prefix}_MAX_CALLS_PER_SECOND`] as number | undefined,
    sources: sourcesOf(prefix, values),
  };
}

function sourcesOf(prefix: string, values: Values): AllowedSources | null {
  const variable = `${prefix}_ALLOWED_IPS`;
  const allowed = values[variable] as readonly string[] | undefined;
  if (allowed === undefined) return null;
  return { variable, allowed, policy: values[`${prefix}_IP_POLICY`] as AllowedSources['policy'] };
}
