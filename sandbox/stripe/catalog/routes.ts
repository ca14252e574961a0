/** What the fixtures of Stripe's command-line tool make on the way: products, prices, customers, methods. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall, type ApiCall } from '../http/api-call.ts';
import { type Form, metadataSchema, parameters, wordOf } from '../http/parameters.ts';
import { missing } from '../http/stripe-error.ts';
import { methodOfId } from '../payments/methods.ts';
import type { PlainObject } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

interface Kind {
  readonly path: string;
  readonly object: string;
  readonly prefix: string;
  readonly event: string | null;
  fields(form: Form, sandbox: StripeSandbox): Readonly<Record<string, unknown>>;
}

const text = (form: Form, name: string): unknown => form[name] ?? null;

const KINDS: readonly Kind[] = [
  {
    path: 'products',
    object: 'product',
    prefix: 'prod_',
    event: 'product.created',
    fields: (form) => ({
      active: true,
      default_price: null,
      description: text(form, 'description'),
      images: [],
      name: text(form, 'name'),
      type: 'service',
    }),
  },
  {
    path: 'prices',
    object: 'price',
    prefix: 'price_1',
    event: 'price.created',
    fields: (form) => ({
      active: true,
      billing_scheme: 'per_unit',
      currency: wordOf(form, 'currency', 'usd').toLowerCase(),
      custom_unit_amount: null,
      lookup_key: null,
      nickname: null,
      product: text(form, 'product'),
      recurring: null,
      tax_behavior: 'unspecified',
      tiers_mode: null,
      transform_quantity: null,
      type: 'one_time',
      unit_amount: Number(wordOf(form, 'unit_amount', '0')),
      unit_amount_decimal: wordOf(form, 'unit_amount', '0'),
    }),
  },
  {
    path: 'customers',
    object: 'customer',
    prefix: 'cus_',
    event: 'customer.created',
    fields: (form) => ({
      balance: 0,
      description: text(form, 'description'),
      email: text(form, 'email'),
      name: text(form, 'name'),
    }),
  },
  {
    path: 'payment_methods',
    object: 'payment_method',
    prefix: 'pm_1',
    event: null,
    fields: (form, sandbox) => {
      const type = wordOf(form, 'type', 'card');
      const card = (form['card'] ?? {}) as Form;
      const known = methodOfId(sandbox, wordOf(card, 'token', ''));
      const debit = (form['sepa_debit'] ?? {}) as Form;
      const number =
        type === 'card'
          ? (known?.number ?? wordOf(card, 'number', '4242424242424242'))
          : wordOf(debit, 'iban', '');
      const details = type === 'card' ? { brand: 'visa', country: 'US', last4: number.slice(-4) } : {};
      return {
        type,
        [type]: details,
        billing_details: form['billing_details'] ?? {},
        sandbox_number: number,
      };
    },
  },
];

const metadataOnly = z.looseObject({ metadata: metadataSchema.optional() });

export function catalogRoutes(router: Router, sandbox: StripeSandbox): void {
  for (const kind of KINDS) {
    router.post(
      `/v1/${kind.path}`,
      apiCall(sandbox, 'catalog', ({ form }) => shown(create(sandbox, kind, form))),
    );
    router.get(
      `/v1/${kind.path}/:id`,
      apiCall(sandbox, 'catalog', (call) => shown(plainOf(sandbox, kind, call))),
    );
  }
}

function create(sandbox: StripeSandbox, kind: Kind, form: Form): PlainObject {
  const { ids, clock, ledger, book } = sandbox;
  const plain: PlainObject = {
    id: ids.next(kind.prefix, kind.prefix.endsWith('1') ? 23 : 14),
    object: kind.object,
    created: clock.now(),
    livemode: false,
    metadata: parameters(metadataOnly, form).metadata ?? {},
    ...kind.fields(form, sandbox),
  };
  ledger.save('plain', plain);
  if (kind.event !== null) book.emit(kind.event, plain);
  return plain;
}

function plainOf({ ledger }: StripeSandbox, { object }: Kind, call: ApiCall): PlainObject {
  const id = call.path('id');
  const plain = ledger.plains.get(id);
  return plain?.object === object ? plain : missing(object, id);
}

/** The number of a card is not shown. */
function shown({ sandbox_number: _number, ...plain }: PlainObject): object {
  return plain;
}
