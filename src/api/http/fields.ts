/**
 * Fields that several calls take or show. The same schemas validate requests and make the OpenAPI document.
 */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { GATEWAYS } from '../../gateways/registry.ts';

// The patterns are published. Go has no look-ahead, Python has no `\p{…}`, and neither has `\u{…}`, so the
// patterns here use none of them.

// oxlint-disable-next-line no-control-regex -- the pattern keeps control characters out
const PLAIN = /^[^\x00-\x1F\x7F-\x9F]*$/;
// oxlint-disable-next-line no-control-regex -- PostgreSQL stores no NUL
const WITHOUT_NUL = /^[^\x00]*$/;

/**
 * PostgreSQL can't store half of a surrogate pair. No published pattern says so, since Go's patterns can't
 * express it.
 */
const hasHalves = (given: string): boolean => /\p{Cs}/u.test(given);

/** A string without control characters and without unpaired surrogates. */
export function plain(of: z.ZodString | z.ZodURL, what = 'text') {
  return of
    .regex(PLAIN, `${what} without control characters`)
    .refine((given) => !hasHalves(given), `${what} without unpaired surrogates`);
}

/** One line. */
export const text = (max: number) =>
  plain(z.string().min(1, 'text that is not empty').max(max, `text of at most ${max} characters`));

/** Unlike `text`, it may have several lines. */
export const storable = (max: number) =>
  z
    .string()
    .max(max, `text of at most ${max} characters`)
    .regex(WITHOUT_NUL, 'text without NUL')
    .refine((given) => !hasHalves(given), 'text without unpaired surrogates');

export const reference = z
  .string()
  .regex(
    /^([A-Za-z0-9._-]{3,64}|[A-Za-z0-9_-][A-Za-z0-9._-]?|\.[A-Za-z0-9_-])$/,
    '1 to 64 letters, digits, dots, underscores and hyphens, and neither . nor ..',
  )
  .meta({ description: "The merchant's own order number", examples: ['1001'] });

export const amount = z
  .int('an integer in minor units (72200 for 722.00), not a decimal number or a string')
  .min(1, 'at least 1')
  .max(MAX_AMOUNT_MINOR, `at most ${MAX_AMOUNT_MINOR}`)
  .meta({ description: 'Minor units, including VAT', example: 72200 });

export const lineAmount = z.int('an integer in minor units').min(-MAX_AMOUNT_MINOR).max(MAX_AMOUNT_MINOR);

/** An amount as it is shown. */
export const minorUnits = z.int().meta({ description: 'Minor units' });

export const timestamp = z.iso
  .datetime('a time in UTC in the format of RFC 3339: 2026-11-21T12:00:00Z')
  .meta({ description: 'RFC 3339, UTC', examples: ['2026-11-21T12:00:00.000Z'] });

export const since1970 = timestamp.refine((at) => at >= '1970', 'a time in 1970 or later');

/**
 * Filters of lists. `examples` is a list because Swagger UI fills in a single `example`, and would send all
 * filters at once.
 */
export const aGateway = text(40)
  .optional()
  .meta({ examples: [GATEWAYS[0].id] });
export const aPayment = text(200)
  .optional()
  .meta({ examples: ['pay_01a1fe5c6cdc75a99f01df025666'] });

/** A filter by a claim that is true or not asked for. */
export const isTrue = (description: string) =>
  z
    .literal('true')
    .optional()
    .meta({ description, examples: ['true'] });

/** A filter that takes several of these values: the parameter repeated, or one value with commas. */
export function several<Value extends Record<string, string>>(of: z.ZodEnum<Value>) {
  const all = Object.keys(of.enum).length;
  const split = (given: unknown): unknown =>
    [given].flat().flatMap((one: unknown) => (typeof one === 'string' ? one.split(',') : [one]));
  return z.preprocess(split, z.array(of).min(1).max(all, 'each value once'));
}

/** Filters by a reason: a text of any gateway. */
export const aReason = (example: string) =>
  text(300)
    .optional()
    .meta({ description: 'The whole reason, or its part before the first colon', examples: [example] });

/** The person that requests a manual action, and the reason. */
export const asker = {
  actor: text(200).optional().meta({
    description: "The person that requests this; the API key's name if none is given. Kept in the timeline",
  }),
  reason: text(2_000).meta({ description: 'Why; kept in the timeline' }),
};

/** A problem document as a client reads it, with any code. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    reason: z.string().optional().meta({ description: 'The reason as the gateway gave it' }),
    requestId: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** The header of a redirect. */
export function locationHeader(example: string) {
  return { Location: { schema: { type: 'string' as const }, example } };
}
