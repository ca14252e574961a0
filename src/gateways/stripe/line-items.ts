import type { OrderLine } from '../../domain/order.ts';
import type { SessionRequest } from '../gateway.ts';
import type { Parameters } from './form-parameters.ts';

/** The most lines that a session can have. */
const MOST_LINES = 100;
const MOST_NAME = 250;

type Ordered = Pick<SessionRequest, 'lines' | 'money' | 'orderReference'>;

/**
 * The lines of the payment page. Stripe multiplies a price by a whole quantity, and takes nothing negative:
 * an order with any other line is shown as one line.
 */
export function toLineItems(order: Ordered): readonly Parameters[] {
  const { lines, money, orderReference } = order;
  if (lines.length === 0 || lines.length > MOST_LINES || !lines.every(isPriced))
    return [
      toItem(money.currency, { name: `Order ${orderReference}`, price: money.amountMinor, quantity: 1 }),
    ];
  return lines.map(({ id, description, amountMinor, quantity }) =>
    toItem(money.currency, { name: description || id, price: amountMinor / quantity, quantity }),
  );
}

function isPriced({ quantity, amountMinor }: OrderLine): boolean {
  return Number.isSafeInteger(quantity) && quantity > 0 && amountMinor >= 0 && amountMinor % quantity === 0;
}

function toItem(
  currency: string,
  { name, price, quantity }: { readonly name: string; readonly price: number; readonly quantity: number },
): Parameters {
  const product = { name: name.slice(0, MOST_NAME) };
  return {
    quantity,
    price_data: { currency: currency.toLowerCase(), unit_amount: price, product_data: product },
  };
}
