/** `/v1/account`, `/v1/balance` and `/v1/balance_transactions`, as far as they are cheap. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import { inert, parameters, text } from '../http/parameters.ts';
import { missing } from '../http/stripe-error.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

const listSchema = z.strictObject({
  ...pageFields,
  source: text().optional(),
  type: text().optional(),
  currency: text().optional(),
  payout: inert,
});

export function moneyRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, settings } = sandbox;
  router.get(
    '/v1/account',
    apiCall(sandbox, 'account', () => accountObject(settings.account)),
  );
  router.get(
    '/v1/accounts/:id',
    apiCall(sandbox, 'account', (call) => {
      const id = call.path('id');
      return id === settings.account ? accountObject(id) : missing('account', id);
    }),
  );
  router.get(
    '/v1/balance',
    apiCall(sandbox, 'balance', () => balanceObject(sandbox)),
  );
  router.get(
    '/v1/balance_transactions',
    apiCall(sandbox, 'balance', ({ form }) => {
      const asked = parameters(listSchema, form);
      return pageOf(asked, {
        table: ledger.bookings,
        url: '/v1/balance_transactions',
        keys: asked.source === undefined ? undefined : [asked.source],
        createdAt: ({ created }) => created,
        fits: (booking) =>
          (asked.source === undefined || booking.source === asked.source) &&
          (asked.type === undefined || booking['type'] === asked.type) &&
          (asked.currency === undefined || booking['currency'] === asked.currency),
      });
    }),
  );
  router.get(
    '/v1/balance_transactions/:id',
    apiCall(sandbox, 'balance', (call) => {
      const id = call.path('id');
      return ledger.bookings.get(id) ?? missing('balance_transaction', id);
    }),
  );
}

function accountObject(id: string): object {
  return {
    id,
    object: 'account',
    business_profile: { name: 'Paidonce sandbox', url: null },
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'NO',
    created: 1_767_225_600,
    default_currency: 'nok',
    details_submitted: true,
    email: 'sandbox@example.com',
    metadata: {},
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Paidonce sandbox', timezone: 'Europe/Oslo' } },
    type: 'standard',
  };
}

function balanceObject({ ledger }: StripeSandbox): object {
  const sums = new Map<string, number>();
  for (const { currency, net } of ledger.bookings.all() as Iterable<{ currency?: unknown; net?: unknown }>)
    sums.set(String(currency), (sums.get(String(currency)) ?? 0) + Number(net));
  const pending = [...sums].map(([currency, amount]) => ({
    amount,
    currency,
    source_types: { card: amount },
  }));
  const available = pending.map((each) => ({ ...each, amount: 0, source_types: { card: 0 } }));
  return { object: 'balance', available, livemode: false, pending };
}
