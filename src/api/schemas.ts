/** The shapes of the merchant's API: what validates is what the OpenAPI document is made of. Contract §3. */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../domain/money.ts';
import { ORDER_STATUSES } from '../domain/order.ts';
import { PAYMENT_STATUSES } from '../domain/payment.ts';
import { GATEWAYS } from '../gateways/registry.ts';
import { hasCredentials } from '../lib/url-credentials.ts';

// Patterns are published. Go has no look-ahead, Python no `\p{…}` and neither has `\u{…}`, so the patterns here have none of them.

// oxlint-disable-next-line no-control-regex -- control characters are what it keeps out
const PLAIN = /^[^\x00-\x1F\x7F-\x9F]*$/;
// oxlint-disable-next-line no-control-regex -- PostgreSQL stores no NUL
const WITHOUT_NUL = /^[^\x00]*$/;

/** PostgreSQL stores no half of a surrogate pair. No pattern of Go could say so: its texts have none. */
const hasHalves = (given: string): boolean => /\p{Cs}/u.test(given);

export const text = (max: number) =>
  z
    .string()
    .min(1, 'a text that is not empty')
    .max(max, `a text of at most ${max} characters`)
    .regex(PLAIN, 'a text without control characters')
    .refine((given) => !hasHalves(given), 'a text without halves of characters');

/** Unlike `text`, of more than one line if need be. */
const storable = (max: number) =>
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

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'three capital letters', abort: true })
  .refine((code) => Intl.supportedValuesOf('currency').includes(code), 'an ISO 4217 currency')
  .meta({ description: 'ISO 4217', example: 'NOK' });

/** Which schemes it may have is the configuration's to say. */
const returnUrl = z
  .url('an absolute URL')
  .max(2_000, 'a URL of at most 2000 characters')
  .regex(PLAIN, 'a URL without control characters')
  .refine((url) => !hasHalves(url), 'a URL without halves of characters')
  .refine((url) => !hasCredentials(url), 'a URL without a user name or password');

const item = z.strictObject({
  id: text(200).meta({ description: 'The article: two lines may have the same', example: 'chair-oak' }),
  lineId: text(200).meta({
    description: 'The line, once in an order: captures and refunds name it',
    example: '1',
  }),
  description: z.string().meta({ description: 'Shown to the payer in one line, cut after 500 characters' }),
  quantity: z.number().positive('more than 0').max(1_000_000),
  amount: lineAmount.meta({
    description: 'The total of the line in minor units, including VAT; negative for gift cards',
    example: 72200,
  }),
  vat: z.number().min(0).max(100).optional().meta({ description: 'Per cent: 25, not 0.25' }),
  vatAmount: lineAmount.optional().meta({ description: 'How much of `amount` is VAT', example: 14440 }),
  type: z.enum(['physical', 'digital', 'service', 'gift_card', 'shipping', 'surcharge']).optional(),
});

const order = z
  .strictObject({ reference, amount, currency, items: z.array(item).min(1).max(500).optional() })
  .superRefine(({ amount: total, items }, context) => {
    if (items === undefined) return;
    const sum = items.reduce((sofar, line) => sofar + line.amount, 0);
    if (sum !== total) {
      context.addIssue({
        code: 'custom',
        path: ['items'],
        message: `lines that add up to ${total}; they add up to ${sum}`,
      });
    }
    if (new Set(items.map((line) => line.lineId)).size !== items.length) {
      context.addIssue({ code: 'custom', path: ['items'], message: 'a lineId of its own for every line' });
    }
  });

const address = z.strictObject({
  name: z.string().optional(),
  company: z.string().optional(),
  line1: z.string().optional(),
  line2: z.string().optional(),
  postalCode: z.string().optional(),
  city: z.string().optional(),
  region: z.string().optional(),
  country: z.string().optional().meta({ description: 'ISO 3166-1, two letters' }),
});

/** Only texts are asked for: what a gateway would refuse is made to fit, or left out (prefill.ts). */
const customer = z
  .strictObject({
    email: z.string().optional(),
    phone: z.string().optional().meta({ description: 'With its country code: +4799999999' }),
    name: z.string().optional(),
    billingAddress: address.optional(),
    shippingAddress: address.optional(),
  })
  .meta({ description: 'Filled in for the payer. What can not be used is left out, with a warning' });

export const createPaymentRequest = z
  .strictObject({
    gateway: z.string().optional().meta({ description: 'Left out: the only one that is configured' }),
    order,
    returnUrl: returnUrl.optional().meta({ description: 'Where the payer is sent afterwards' }),
    capture: z.enum(['manual', 'auto'], { error: '"manual" or "auto"' }).default('manual').meta({
      description:
        '`auto`: captured as soon as it is paid, by the gateway or by us; `order.capture_failed` tells where that fails',
    }),
    customer: customer.optional(),
    profileId: text(200).optional(),
    language: z
      .string()
      .optional()
      .meta({ description: 'no, sv, en-GB; another one is left out, with a warning' }),
    expiresAt: z.iso
      .datetime({ offset: true, error: 'a time as RFC 3339 writes it: 2026-11-21T12:00:00Z' })
      .optional()
      .meta({ description: 'Until when this session can be paid, in the place of `SESSION_LIFETIME`' }),
    metadata: z
      .record(text(40), storable(500))
      .refine((entries) => Object.keys(entries).length <= 20, 'at most 20 entries')
      .optional(),
    merchantReference2: text(200).optional(),
    replace: z
      .boolean()
      .default(false)
      .meta({ description: 'Cancel an open session that differs, and open a new one' }),
  })
  .meta({ id: 'CreatePayment' });

export const resolveRequest = z
  .strictObject({
    decision: z.enum(['accept', 'give_back', 'dismiss'], { error: '"accept", "give_back" or "dismiss"' }),
    actor: text(200).optional().meta({ description: "Who decides; the API key's name where none is given" }),
    reason: text(2_000),
  })
  .meta({ id: 'Resolve' });

export const cancelRequest = z.strictObject({}).meta({ id: 'CancelPayment' });
export const updateRequest = z.strictObject({ merchantReference2: text(200) }).meta({ id: 'UpdatePayment' });

export const timestamp = z.iso
  .datetime('a time in UTC, as RFC 3339 writes it: 2026-11-21T12:00:00Z')
  .meta({ description: 'RFC 3339, UTC', examples: ['2026-11-21T12:00:00.000Z'] });
const paymentStatus = z.enum(PAYMENT_STATUSES);

export const payment = z
  .object({
    id: z.string().meta({ example: 'pay_01a1fe5c6cdc75a99f01df025666' }),
    status: paymentStatus,
    gateway: z.string(),
    orderReference: z.string(),
    amount: z.int(),
    currency: z.string(),
    sessionId: z.string().nullable(),
    checkoutUrl: z
      .string()
      .nullable()
      .meta({ description: 'Null when the payer has nothing to do there any more' }),
    transactionId: z.string().nullable(),
    reason: z.string().nullable(),
    reviewMark: z.string().nullable().meta({
      description:
        'Why a person should look at a settled payment whose status stands: the gateway has not been able to say for an hour what it is',
    }),
    authorizedAmount: z
      .int()
      .meta({ description: 'As the gateway has it, in the currency of `accepted` where that is set' }),
    capturedAmount: z.int(),
    refundedAmount: z.int(),
    accepted: z.object({ amount: z.int(), currency: z.string(), reference: z.string() }).nullable().meta({
      description:
        'What a person has accepted of the transaction, which then holds in the place of what was agreed',
    }),
    paymentMethod: z.string().nullable(),
    capture: z.string(),
    returnUrl: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    merchantReference2: z.string().nullable(),
    expiresAt: timestamp,
    authorizationExpiresAt: timestamp.nullable().meta({
      description: 'When what is held and not captured is expected to lapse; null where it is not known to',
    }),
    createdAt: timestamp,
    updatedAt: timestamp,
    workflow: z.object({ workflowId: z.string(), runId: z.string().nullable(), url: z.string().nullable() }),
  })
  .meta({ id: 'Payment' });

export const warning = z
  .object({
    pointer: z.string(),
    code: z.enum(['cleaned', 'normalised', 'left_out']),
    detail: z.string(),
  })
  .meta({ id: 'Warning' });

/** The answer to a request for a session. */
export const openedPayment = payment
  .extend({
    warnings: z.array(warning).meta({
      description: 'Texts of the request that are shown or filled in otherwise than they were given',
    }),
  })
  .meta({ id: 'OpenedPayment' });

export const timelineEntry = z
  .object({ at: timestamp, kind: z.string(), text: z.string(), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'TimelineEntry' });

export const paymentWithTimeline = payment
  .extend({ timeline: z.array(timelineEntry) })
  .meta({ id: 'PaymentWithTimeline' });

export const orderView = z
  .object({
    reference: z.string(),
    status: z.enum(ORDER_STATUSES),
    amount: z.int(),
    currency: z.string(),
    paidAt: timestamp.nullable(),
    transactionId: z.string().nullable(),
    payments: z.array(z.string()).meta({
      description: 'Newest first. The one whose `transactionId` is the one above has paid',
    }),
  })
  .meta({ id: 'Order' });

export const delivery = z
  .object({
    id: z.string().meta({ example: 'dlv_01a1fe5c7914050d8703a10b1862' }),
    gateway: z.string(),
    eventId: z.string().nullable(),
    payment: z.string().nullable(),
    outcome: z.enum(['accepted', 'duplicate', 'ignored', 'refused']),
    state: z.string().nullable(),
    reason: z.string().nullable(),
    claim: z.record(z.string(), z.string()),
    method: z.string(),
    target: z.string(),
    receipts: z.int(),
    receivedAt: timestamp,
    lastReceivedAt: timestamp,
    handledAt: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });

export const limit = z.coerce
  .number('a number')
  .int('a whole number')
  .min(1, 'at least 1')
  .max(100, 'at most 100')
  .default(20)
  .meta({ examples: [20] });

/** Where the next page begins: after the last id of the one before. */
export const cursorOf = (prefix: 'pay' | 'dlv' | 'op' | 'aud') =>
  text(200)
    .regex(new RegExp(`^${prefix}_`), 'the nextCursor of the page before')
    .optional()
    .meta({
      description: 'The `nextCursor` of the page before',
      examples: [`${prefix}_01a1fe5c6cdc75a99f01df025666`],
    });
export const since1970 = timestamp.refine((at) => at >= '1970', 'a time from 1970 on');

/** What lists are narrowed by. Its examples are a list: Swagger UI fills in a single one, and would ask for all of them at once. */
export const aGateway = text(40)
  .optional()
  .meta({ examples: [GATEWAYS[0].id] });
export const aPayment = text(200)
  .optional()
  .meta({ examples: ['pay_01a1fe5c6cdc75a99f01df025666'] });

export const paymentsQuery = z.strictObject({
  order: reference.optional(),
  status: paymentStatus.optional().meta({ examples: ['AUTHORIZED'] }),
  gateway: aGateway,
  createdAfter: since1970.optional(),
  expiringBefore: since1970
    .optional()
    .meta({ description: 'Payments whose authorization is expected to lapse before this time' }),
  review: z
    .literal('true')
    .optional()
    .meta({
      description: 'Payments that wait for a person: in REVIEW, or with a review mark',
      examples: ['true'],
    }),
  limit,
  cursor: cursorOf('pay'),
});

export const deliveriesQuery = z.strictObject({
  payment: aPayment,
  gateway: aGateway,
  outcome: z
    .enum(['accepted', 'duplicate', 'ignored', 'refused'])
    .optional()
    .meta({ examples: ['refused'] }),
  limit,
  cursor: cursorOf('dlv'),
});

/** A page of anything, newest first. */
export function pageOf<Item extends z.ZodType>(of: Item) {
  return z.object({ data: z.array(of), hasMore: z.boolean(), nextCursor: z.string().nullable() });
}

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
