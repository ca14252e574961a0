/** Requests about payments: contract §3. */
import { z } from 'zod';
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts';
import { FOUND_BY } from '../../domain/found-by.ts';
import { ORDER_STATUSES } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { hasCredentials } from '../../lib/url-credentials.ts';
import {
  aGateway,
  amount,
  aReason,
  asker,
  isTrue,
  lineAmount,
  plain,
  reference,
  several,
  since1970,
  storable,
  text,
} from '../http/fields.ts';
import { cursorOf, fileFormat, limit } from '../http/pages.ts';

const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'three capital letters', abort: true })
  .refine((code) => Intl.supportedValuesOf('currency').includes(code), 'an ISO 4217 currency');

export const currency = currencyCode.meta({ description: 'ISO 4217', example: 'NOK' });

/** The configuration says which schemes are allowed. */
const returnUrl = plain(
  z.url('an absolute URL').max(2_000, 'a URL of at most 2000 characters'),
  'a URL',
).refine((url) => !hasCredentials(url), 'a URL without a user name or password');

const item = z.strictObject({
  id: text(200).meta({
    description: 'The article id; several lines may have the same one',
    example: 'chair-oak',
  }),
  lineId: text(200).meta({
    description: 'The line id, unique in the order; captures and refunds refer to it',
    example: '1',
  }),
  description: z.string().meta({ description: 'Shown to the payer as one line, cut after 500 characters' }),
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
      context.addIssue({ code: 'custom', path: ['items'], message: 'a different lineId for every line' });
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

/** Any text is accepted: a value that a gateway would refuse is adapted or left out (prefill.ts). */
const customer = z
  .strictObject({
    email: z.string().optional(),
    phone: z.string().optional().meta({ description: 'With its country code: +4799999999' }),
    name: z.string().optional(),
    billingAddress: address.optional(),
    shippingAddress: address.optional(),
  })
  .meta({ description: 'Prefilled for the payer. A value that cannot be used is left out, with a warning' });

export const createPaymentRequest = z
  .strictObject({
    gateway: z
      .string()
      .optional()
      .meta({ description: 'Default: `DEFAULT_GATEWAY`, or the only configured gateway' }),
    order,
    returnUrl: returnUrl.optional().meta({ description: 'Where the payer is sent after the checkout' }),
    capture: z.enum(['manual', 'auto'], { error: '"manual" or "auto"' }).default('manual').meta({
      description:
        '`auto`: the money is captured as soon as the order is paid, by the gateway or by us; if that fails, `order.capture_failed` is sent',
    }),
    customer: customer.optional(),
    profileId: text(200).optional(),
    language: z.string().optional().meta({
      description: 'A language such as no, sv or en-GB; any other value is left out, with a warning',
    }),
    expiresAt: z.iso
      .datetime({ offset: true, error: 'a time in the format of RFC 3339: 2026-11-21T12:00:00Z' })
      .optional()
      .meta({ description: 'Until when this session can be paid, instead of `SESSION_LIFETIME`' }),
    metadata: z
      .record(text(40), storable(500))
      .refine((entries) => Object.keys(entries).length <= 20, 'at most 20 entries')
      .optional(),
    merchantReference2: text(200).optional(),
    options: z.record(z.string(), z.record(z.string(), z.unknown())).optional().meta({
      description: "By the gateway's id: what only that gateway understands. Its page describes the fields",
      example: {},
    }),
    replace: z
      .boolean()
      .default(false)
      .meta({ description: 'Cancel an open session that differs from this request, and open a new one' }),
  })
  .meta({ id: 'CreatePayment' });

export const resolveRequest = z
  .strictObject({
    decision: z.enum(['accept', 'give_back', 'dismiss'], { error: '"accept", "give_back" or "dismiss"' }),
    actor: text(200)
      .optional()
      .meta({ description: "The person that decides; the API key's name if none is given" }),
    reason: text(2_000),
  })
  .meta({ id: 'Resolve' });

export const lookRequest = z.strictObject(asker).meta({ id: 'LookAgain' });
export const cancelRequest = z.strictObject({}).meta({ id: 'CancelPayment' });
export const updateRequest = z.strictObject({ merchantReference2: text(200) }).meta({ id: 'UpdatePayment' });

const minorUnits = z.coerce
  .number('a number')
  .int('an integer in minor units')
  .min(0, 'at least 0')
  .max(MAX_AMOUNT_MINOR, `at most ${MAX_AMOUNT_MINOR}`)
  .optional();

/** One pair: `cart=c1`. A name has no `=`, a value may have some. */
const metadataPair = text(541)
  .regex(/^[^=]+=/, 'a name and a value as name=value')
  .transform((given) => {
    const at = given.indexOf('=');
    return { [given.slice(0, at)]: given.slice(at + 1) };
  });

export const paymentsQuery = z
  .strictObject({
    order: reference.optional(),
    status: several(z.enum(PAYMENT_STATUSES))
      .optional()
      .meta({ description: 'One or several: repeated, or separated by commas', examples: [['AUTHORIZED']] }),
    orderStatus: z
      .enum(ORDER_STATUSES)
      .optional()
      .meta({ examples: ['PAID'] }),
    gateway: aGateway,
    createdAfter: since1970.optional(),
    createdBefore: since1970.optional(),
    amountFrom: minorUnits.meta({ description: 'Minor units, this amount included', examples: [72200] }),
    amountTo: minorUnits.meta({ description: 'Minor units, this amount included', examples: [72200] }),
    currency: currencyCode
      .optional()
      .meta({ description: 'Only beside `amountFrom` or `amountTo`', examples: ['NOK'] }),
    method: text(100)
      .optional()
      .meta({
        description: 'The `paymentMethod`, as the gateway names it',
        examples: ['payex.creditcard'],
      }),
    reason: aReason('amount_mismatch'),
    heard: z
      .enum(['yes', 'no', 'off'])
      .optional()
      .meta({
        description:
          'Whether the merchant has acknowledged the newest update of the order. With `no` and `off`, of an order with several payments the one that this update is about',
        examples: ['no'],
      }),
    refunded: isTrue('Only payments of which something was refunded'),
    capturable: isTrue('Only payments that are authorized and not wholly captured'),
    openOperation: isTrue('Only payments with a capture, refund or void that has not ended'),
    surplus: isTrue('Only payments with `surplus`'),
    dispute: z
      .enum(['open', 'won', 'lost'])
      .optional()
      .meta({ description: 'Only payments with a dispute in this state', examples: ['open'] }),
    metadata: metadataPair.optional().meta({
      description:
        'One pair as `name=value`. Only with `createdAfter`, since the payments of that time are searched one by one: the shorter it is, the faster',
      examples: ['cart=c1'],
    }),
    expiringBefore: since1970
      .optional()
      .meta({ description: 'Payments whose authorization is expected to lapse before this time' }),
    review: isTrue('Only payments that need a person: in REVIEW, or with a review mark'),
    accepted: isTrue('Only payments that a person has accepted although they did not fit'),
    foundBy: z
      .enum(FOUND_BY)
      .optional()
      .meta({
        description:
          'Only payments that paid their order and were found by this: a callback, a callback that proved nothing, the returned browser, a timer of the run, the sweep, or a person. Many by `sweep` mean that callbacks are lost',
        examples: ['sweep'],
      }),
    limit,
    format: fileFormat,
    cursor: cursorOf('pay'),
  })
  .superRefine(({ currency: of, amountFrom, amountTo, metadata, createdAfter }, context) => {
    const refuse = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (of !== undefined && amountFrom === undefined && amountTo === undefined)
      refuse('currency', 'amountFrom or amountTo beside it');
    if (metadata !== undefined && createdAfter === undefined) refuse('metadata', 'createdAfter beside it');
  });
