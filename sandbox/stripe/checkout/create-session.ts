import { wordOf } from '../http/parameters.ts';
import { badParameter, StripeError } from '../http/stripe-error.ts';
import { checkDigits, checkLeast, currencyOf } from '../money/currencies.ts';
import type { AnyObject, CaptureMethod, Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { schedule } from '../sim/scheduled.ts';
import type { LineItem, SessionRequest } from './session-parameters.ts';
import { sessionObject } from './session-object.ts';

const MINUTE = 60;

/** Opens a session. @throws StripeError for what Stripe would refuse */
export function createSession(sandbox: StripeSandbox, asked: SessionRequest): Session {
  const { ledger, clock, ids } = sandbox;
  const expiresAt = expiryOf(asked.expires_at, clock.now());
  const id = ids.next('cs_test_a1', 56);
  const lines = asked.line_items.map((line, at) => lineObject(sandbox, line, at));
  const currency = currencyOfAll(lines, asked.currency);
  const total = lines.reduce((sum, line) => sum + line.amount_total, 0);
  if (total > 0) checkLeast(total, currency, "The Checkout Session's total amount due");
  if (total > 99_999_999)
    throw badParameter('line_items', 'Amount must be no more than 99999999.', 'amount_too_large');
  const captureMethod: CaptureMethod = asked.payment_intent_data?.capture_method ?? 'automatic_async';
  const session = sessionObject({ id, asked, currency, total, expiresAt, sandbox });
  const { metadata: _session, ...intentData } = asked.payment_intent_data ?? {};
  ledger.save('plan', {
    id,
    lineItems: lines,
    captureMethod,
    intentData: { ...intentData, metadata: asked.payment_intent_data?.metadata ?? {} },
    methodOptions: asked.payment_method_options ?? {},
  });
  ledger.save('session', session);
  schedule(sandbox, { what: 'expire_session', subject: id, atMs: expiresAt * 1_000 });
  return session;
}

function expiryOf(asked: number | undefined, now: number): number {
  if (asked === undefined) return now + 24 * 60 * MINUTE;
  if (asked < now + 30 * MINUTE)
    throw badParameter(
      'expires_at',
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.',
    );
  if (asked > now + 24 * 60 * MINUTE)
    throw badParameter(
      'expires_at',
      'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.',
    );
  return asked;
}

interface Line extends AnyObject {
  readonly amount_total: number;
  readonly currency: string;
}

function lineObject(sandbox: StripeSandbox, line: LineItem, at: number): Line {
  const param = `line_items[${at}]`;
  if (line.quantity === undefined)
    throw badParameter(
      `${param}[quantity]`,
      'Quantity is required. Add `quantity` to `line_items`.',
      'parameter_missing',
    );
  const price =
    line.price === undefined ? newPrice(sandbox, line, param) : knownPrice(sandbox, line.price, param);
  const amount = Number(price['unit_amount']) * line.quantity;
  return {
    id: sandbox.ids.next('li_1', 23),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: String(price['currency']),
    description: wordOf(price, 'description', ''),
    metadata: line.metadata ?? {},
    price: shownPrice(price),
    quantity: line.quantity,
  };
}

function newPrice(sandbox: StripeSandbox, { price_data: data }: LineItem, param: string): AnyObject {
  if (data === undefined)
    throw badParameter(
      param,
      `You must specify either \`price\` or \`price_data\` for ${param}.`,
      'parameter_missing',
    );
  if (data.unit_amount === undefined)
    throw badParameter(
      `${param}[price_data][unit_amount]`,
      `Missing required param: ${param}[price_data][unit_amount].`,
      'parameter_missing',
    );
  if (data.product === undefined && data.product_data === undefined)
    throw badParameter(
      `${param}[price_data]`,
      'You must specify one of `product` or `product_data`.',
      'parameter_missing',
    );
  const currency = currencyOf(data.currency, `${param}[price_data][currency]`);
  checkDigits(data.unit_amount, currency, `${param}[price_data][unit_amount]`);
  return {
    id: sandbox.ids.next('price_1', 23),
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: sandbox.clock.now(),
    currency,
    custom_unit_amount: null,
    description: data.product_data?.name ?? '',
    livemode: false,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: data.product ?? sandbox.ids.next('prod_', 14),
    recurring: null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: data.unit_amount,
    unit_amount_decimal: String(data.unit_amount),
  };
}

function knownPrice({ ledger }: StripeSandbox, id: string, param: string): AnyObject {
  const price = ledger.plains.get(id);
  if (price?.object !== 'price')
    throw new StripeError(400, {
      message: `No such price: '${id}'`,
      code: 'resource_missing',
      param: `${param}[price]`,
    });
  const product = ledger.plains.get(String(price['product']));
  return { ...price, description: product?.['name'] ?? '' };
}

function shownPrice({ description: _name, ...price }: AnyObject): object {
  return price;
}

function currencyOfAll(lines: readonly Line[], named: string | undefined): string {
  const currencies = new Set(lines.map(({ currency }) => currency));
  const [first = 'usd'] = currencies;
  if (currencies.size > 1) throw badParameter('line_items', 'All line items must use the same currency.');
  if (named !== undefined && currencyOf(named, 'currency') !== first)
    throw badParameter('currency', `The currency ${named} is not the one of the line items, ${first}.`);
  return first;
}
