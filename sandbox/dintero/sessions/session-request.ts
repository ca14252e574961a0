import { z } from 'zod';
import { invalid } from '../../http/problem.ts';
import { parseBody } from '../../http/request-body.ts';
import type { Settings } from '../settings.ts';
import { accountId, nowIso, shortId } from '../records/ids-and-times.ts';
import type { Session } from './session.ts';

const INT32 = 2_147_483_647;
const minor = z.number().int().min(-INT32).max(INT32);

const itemSchema = z.looseObject({
  id: z.string().min(1).optional(),
  line_id: z.string().min(1).optional(),
  description: z.string().optional(),
  quantity: z.number().optional(),
  amount: minor,
  vat: z.number().optional(),
  vat_amount: minor.optional(),
  type: z.enum(['physical', 'digital', 'service', 'gift_card', 'shipping', 'surcharge']).optional(),
});

const amounts = {
  amount: minor.min(0),
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, such as NOK'),
  partial_payment: z.boolean().optional(),
  items: z.array(itemSchema).optional(),
  shipping_option: z.looseObject({ amount: minor }).optional(),
  store: z.looseObject({ id: z.string().optional() }).optional(),
};

/** Empty texts are refused: Dintero's plug-ins leave them out for that reason. */
const addressSchema = z.record(z.string(), z.string().min(1));

const orderSchema = z.looseObject({
  ...amounts,
  billing_address: addressSchema.optional(),
  shipping_address: addressSchema.optional(),
  merchant_reference: z.string().min(1),
  merchant_reference_2: z.string().optional(),
});

const requestSchema = z.looseObject({
  order: orderSchema,
  url: z.looseObject({ return_url: z.url(), callback_url: z.url().optional() }),
  customer: z
    .looseObject({
      customer_id: z.string().optional(),
      email: z.string().includes('@').optional(),
      phone_number: z
        .string()
        .regex(/^\+[\d ]{6,20}$/, 'as +4799999999')
        .optional(),
    })
    .optional(),
  expires_at: z.iso.datetime({ offset: true, local: true }).optional(),
  profile_id: z.string().min(1).optional(),
  configuration: z.record(z.string(), z.unknown()).optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

type SessionRequest = z.infer<typeof requestSchema>;

/**
 * The body of `PUT /v1/sessions/{id}`. Its `merchant_reference` has no effect: WooCommerce sends none,
 * Magento does.
 */
export const updateSchema = z.looseObject({
  order: z.looseObject(amounts),
  remove_lock: z.boolean().default(true),
});

/** The default configuration of a session. */
const DEFAULTS = { channel: 'ecommerce', auto_capture: false };

export interface RequestRules {
  readonly settings: Settings;
  readonly needs: 'profile_id' | 'configuration';
  /** The header `Dintero-Feature-Toggles: strict-session-amounts`. */
  readonly strictAmounts: boolean;
}

/** A new session from the body of a create request, or a 400 that names every wrong field. */
export function sessionFrom(body: unknown, rules: RequestRules): Session {
  const request = parseBody(requestSchema, body);
  const now = nowIso();
  check(request, rules, now);
  const { expires_at: expiresAt, profile_id: profileId, metadata, configuration, ...rest } = request;
  return {
    ...(rest as Pick<Session, 'order' | 'url'>),
    id: accountId(rules.settings.account),
    configuration: { ...DEFAULTS, ...configuration },
    created_at: now,
    updated_at: now,
    expires_at: expiresAt === undefined ? aDayAfter(now) : utc(expiresAt),
    metadata: { ...metadata, ...(profileId === undefined ? {} : { 'session:profile_id': profileId }) },
    events: [{ id: shortId(), name: 'INITIATED', created_at: now }],
  };
}

/** The sum of the lines and the shipping; undefined without lines. */
export function lineTotal(order: Pick<Session['order'], 'items' | 'shipping_option'>): number | undefined {
  if (order.items === undefined || order.items.length === 0) return undefined;
  const lines = order.items.reduce((sum, item) => sum + item.amount, 0);
  return lines + (order.shipping_option?.amount ?? 0);
}

function check(request: SessionRequest, rules: RequestRules, now: string): void {
  const wrong: string[] = [];
  if (request[rules.needs] === undefined) wrong.push(`${rules.needs} is required`);
  if (request.expires_at !== undefined && utc(request.expires_at) <= now) {
    wrong.push('expires_at must be in the future');
  }
  wrong.push(...wrongLines(request, rules.strictAmounts), ...wrongCallback(request.url.callback_url, rules));
  if (wrong.length > 0) throw invalid(...wrong);
}

function wrongLines({ order }: SessionRequest, strict: boolean): string[] {
  const lineIds = (order.items ?? []).flatMap(({ line_id: id }) => id ?? []);
  if (new Set(lineIds).size < lineIds.length) return ['order.items.line_id must be unique'];
  const total = lineTotal(order);
  if (!strict || total === undefined || order.partial_payment === true || total === order.amount) return [];
  return [`order.amount is ${order.amount} but items and shipping add up to ${total}`];
}

function wrongCallback(callbackUrl: string | undefined, { settings }: RequestRules): string[] {
  if (callbackUrl === undefined) return [];
  const { protocol, hostname } = new URL(callbackUrl);
  if (settings.allowHttp) {
    return protocol === 'http:' || protocol === 'https:' ? [] : ['url.callback_url must be http or https'];
  }
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === 'https:' && !local ? [] : ['url.callback_url must be https and not on localhost'];
}

/** Dintero reads times without a time zone as UTC. */
function utc(time: string): string {
  return new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(time) ? time : `${time}Z`).toISOString();
}

function aDayAfter(time: string): string {
  return new Date(Date.parse(time) + 86_400_000).toISOString();
}
