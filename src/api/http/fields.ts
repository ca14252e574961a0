/** Fields that several calls take or show. What validates is what the OpenAPI document is made of. */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { GATEWAYS } from '../../gateways/registry.ts';

// Patterns are published. Go has no look-ahead, Python no `\p{…}` and neither has `\u{…}`, so the patterns here have none of them.

// oxlint-disable-next-line no-control-regex -- control characters are what it keeps out
const PLAIN = /^[^\x00-\x1F\x7F-\x9F]*$/;
// oxlint-disable-next-line no-control-regex -- PostgreSQL stores no NUL
const WITHOUT_NUL = /^[^\x00]*$/;

/** PostgreSQL stores no half of a surrogate pair. No pattern of Go could say so: its texts have none. */
const hasHalves = (given: string): boolean => /\p{Cs}/u.test(given);

/** A string without control characters and without halves of characters. */
export function plain(of: z.ZodString | z.ZodURL, what = 'a text') {
  return of
    .regex(PLAIN, `${what} without control characters`)
    .refine((given) => !hasHalves(given), `${what} without halves of characters`);
}

/** One line. */
export const text = (max: number) =>
  plain(z.string().min(1, 'a text that is not empty').max(max, `a text of at most ${max} characters`));

/** Unlike `text`, of more than one line if need be. */
export const storable = (max: number) =>
  z
    .string()
    .max(max, `a text of at most ${max} characters`)
    .regex(WITHOUT_NUL, 'a text without NUL')
    .refine((given) => !hasHalves(given), 'a text without halves of characters');

export const reference = z
  .string()
  .regex(
    /^([A-Za-z0-9._-]{3,64}|[A-Za-z0-9_-][A-Za-z0-9._-]?|\.[A-Za-z0-9_-])$/,
    '1 to 64 letters, digits, dots, underscores and hyphens, and neither . nor ..',
  )
  .meta({ description: "The merchant's own number of the order", examples: ['1001'] });

export const amount = z
  .int('an integer in minor units (72200 for 722.00), not a decimal and not a text')
  .min(1, 'at least 1')
  .max(MAX_AMOUNT_MINOR, `at most ${MAX_AMOUNT_MINOR}`)
  .meta({ description: 'Minor units, including VAT', example: 72200 });

export const lineAmount = z.int('an integer in minor units').min(-MAX_AMOUNT_MINOR).max(MAX_AMOUNT_MINOR);

/** An amount as it is shown. */
export const minorUnits = z.int().meta({ description: 'Minor units' });

export const timestamp = z.iso
  .datetime('a time in UTC, as RFC 3339 writes it: 2026-11-21T12:00:00Z')
  .meta({ description: 'RFC 3339, UTC', examples: ['2026-11-21T12:00:00.000Z'] });

export const since1970 = timestamp.refine((at) => at >= '1970', 'a time from 1970 on');

/** What lists are narrowed by. Its examples are a list: Swagger UI fills in a single one, and would ask for all of them at once. */
export const aGateway = text(40)
  .optional()
  .meta({ examples: [GATEWAYS[0].id] });
export const aPayment = text(200)
  .optional()
  .meta({ examples: ['pay_01a1fe5c6cdc75a99f01df025666'] });

/** The person that has something done by hand, and the reason. */
export const asker = {
  actor: text(200).optional().meta({
    description: "The person that asks; the API key's name where none is given. Kept in the timeline",
  }),
  reason: text(2_000).meta({ description: 'Why; kept in the timeline' }),
};

/** A problem document as a client reads it, of any code. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    reason: z.string().optional().meta({ description: "Why, in the gateway's words" }),
    requestId: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** The header of an answer that sends a browser elsewhere. */
export function locationHeader(example: string) {
  return { Location: { schema: { type: 'string' as const }, example } };
}
