/** The parameters of a request: their forms, and Stripe's words for wrong ones. */
import { z } from 'zod';
import { badParameter } from './stripe-error.ts';

/** A tree of texts, as the form encoding gives it. */
export type Form = Readonly<Record<string, unknown>>;

/** The parameters by a schema. @throws StripeError for the first wrong one */
export function parameters<T extends z.ZodType>(schema: T, form: Form): z.output<T> {
  const parsed = schema.safeParse(form);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw badParameter('', 'Invalid request.');
  throw wrongParameter(issue, form);
}

function wrongParameter(issue: z.core.$ZodIssue, form: Form): Error {
  if (issue.code === 'unrecognized_keys') {
    const name = nameOf([...issue.path, issue.keys[0] ?? '']);
    return badParameter(name, `Received unknown parameter: ${name}`, 'parameter_unknown');
  }
  const name = nameOf(issue.path);
  const given = at(form, issue.path);
  if (given === undefined) return badParameter(name, `Missing required param: ${name}.`, 'parameter_missing');
  if (given === '')
    return badParameter(
      name,
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
      'parameter_invalid_empty',
    );
  const inner = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
  if (inner !== undefined) return wrongParameter({ ...inner, path: [...issue.path, ...inner.path] }, form);
  if (issue.code === 'invalid_value')
    return badParameter(name, `Invalid ${name}: must be one of ${inWords(issue.values.map(String))}`);
  const code = issue.code === 'custom' ? (issue.params?.['stripe'] as string | undefined) : undefined;
  return badParameter(name, issue.message, code);
}

/** `line_items[0][quantity]` */
function nameOf(path: readonly PropertyKey[]): string {
  const [first = '', ...rest] = path.map(String);
  return `${first}${rest.map((part) => `[${part}]`).join('')}`;
}

function at(form: unknown, [name, ...rest]: readonly PropertyKey[]): unknown {
  if (name === undefined) return form;
  if (typeof form !== 'object' || form === null) return undefined;
  return at((form as Record<PropertyKey, unknown>)[name], rest);
}

function inWords(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')}, or ${values.at(-1)}`;
}

/** A parameter that is a text, or `otherwise`. */
export function wordOf(form: Form, name: string, otherwise: string): string {
  const value = form[name];
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

export const text = (most = 5_000) =>
  z
    .string()
    .min(1)
    .max(most, { error: `Invalid string: must be at most ${most} characters` });

/** A text that an empty value unsets. */
export const emptyable = (most = 5_000) => z.union([z.literal('').transform(() => null), text(most)]);

export const integer = (least = -Infinity, most = 99_999_999) =>
  z.string().transform((given, context) => {
    const problem = wrongInteger(given, least, most);
    if (problem === null) return Number(given);
    context.addIssue({ code: 'custom', message: problem, params: { stripe: 'parameter_invalid_integer' } });
    return z.NEVER;
  });

function wrongInteger(given: string, least: number, most: number): string | null {
  if (!/^-?\d{1,15}$/.test(given)) return `Invalid integer: ${given}`;
  if (Number(given) < least) return `This value must be greater than or equal to ${least}.`;
  return Number(given) > most ? `This value must be less than or equal to ${most}.` : null;
}

export const flag = z.string().transform((given, context) => {
  if (given === 'true' || given === 'false') return given === 'true';
  context.addIssue({ code: 'custom', message: `Invalid boolean: ${given}` });
  return z.NEVER;
});

/** Parameters that Stripe has and the sandbox takes without any effect. */
export const inert = z.unknown().optional();

export const list = <T extends z.ZodType>(element: T) => z.array(element, { error: 'Invalid array' });

/** `expand[]` of every request. */
export const expand = list(text(500)).optional();

export const metadataSchema = z
  .union([
    z.literal('').transform(() => ({})),
    z.record(
      z.string().max(40, { error: 'Metadata keys must be at most 40 characters' }),
      z.string().max(500, {
        error: 'Metadata values can have up to 500 characters, but you passed in a value that is longer.',
      }),
    ),
  ])
  .refine((metadata) => Object.keys(metadata).length <= 50, {
    error: 'You can only have up to 50 metadata keys.',
  });

/** Metadata as it is after a change: an empty value removes a key. */
export function mergedMetadata(
  before: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const merged = { ...before, ...change };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

const bound = integer(0, 99_999_999_999);

/** `created`, of every list: a second, or bounds. */
export const createdSchema = z
  .union([
    z
      .string()
      .regex(/^\d+$/)
      .transform((second) => ({ gte: Number(second), lte: Number(second) })),
    z.strictObject({
      gt: bound.optional(),
      gte: bound.optional(),
      lt: bound.optional(),
      lte: bound.optional(),
    }),
  ])
  .optional();
