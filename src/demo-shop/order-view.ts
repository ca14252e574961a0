import type { OrderRecord } from './order-book.ts';
import { shownPaymentId } from './order-state.ts';
import { ApiProblem, type ApiOrder, type Payment } from './paidonce-api.ts';
import type { Shop } from './shop.ts';

/** An order as its page shows it: what the shop knows, and beside it what paidonce says right now. */
export interface OrderView {
  readonly record: OrderRecord;
  readonly temporalUiUrl: string | undefined;
  readonly apiOrder: ApiOrder | undefined;
  readonly payment: Payment | undefined;
  /** Why one of the two is missing; the page works without them. */
  readonly problem: ApiProblem | undefined;
}

/** Asks paidonce for the order and its payment. Never throws on the API's account. */
export async function viewOrder(shop: Shop, record: OrderRecord): Promise<OrderView> {
  const paymentId = shownPaymentId(record);
  const [apiOrder, payment] = await Promise.all([
    orProblem(shop.api.readOrder(record.reference)),
    paymentId === undefined ? undefined : orProblem(shop.api.readPayment(paymentId)),
  ]);
  return {
    record,
    temporalUiUrl: shop.temporalUiUrl,
    apiOrder: apiOrder instanceof ApiProblem ? undefined : apiOrder,
    payment: payment instanceof ApiProblem ? undefined : payment,
    problem: [apiOrder, payment].find((found) => found instanceof ApiProblem),
  };
}

async function orProblem<T>(answer: Promise<T>): Promise<T | ApiProblem> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
}
