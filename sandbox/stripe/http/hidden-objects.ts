import type { StripeSandbox } from '../stripe-sandbox.ts';

/** Lists that Stripe leaves out of an object unless they are expanded; undefined if there is no such list. */
export function hiddenObject(
  { ledger }: StripeSandbox,
  owner: Readonly<Record<string, unknown>>,
  name: string,
): unknown {
  const id = String(owner['id']);
  if (owner['object'] === 'checkout.session' && name === 'line_items')
    return listOf(ledger.plans.get(id)?.lineItems ?? [], `/v1/checkout/sessions/${id}/line_items`);
  if (owner['object'] === 'charge' && name === 'refunds')
    return listOf(ledger.refundsOf(id).toReversed(), `/v1/charges/${id}/refunds`);
  return undefined;
}

function listOf(data: readonly object[], url: string): object {
  return { object: 'list', data: structuredClone(data), has_more: false, url };
}
