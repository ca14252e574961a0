import { nextLookOf, type NextLook } from './next-look.ts';
import type { OrderRecord } from './order-book.ts';
import { shownPaymentId } from './order-state.ts';
import { ApiProblem, type ApiOrder, type Operation, type Payment, type WayToPay } from './paidonce-api.ts';
import type { Shop } from './shop.ts';

/** An order as its page shows it: the shop's own record, and the present answers of paidonce. */
export interface OrderView {
  readonly record: OrderRecord;
  readonly temporalUiUrl: string | undefined;
  readonly apiOrder: ApiOrder | undefined;
  readonly payment: Payment | undefined;
  /** Captures, refunds and voids of the payment, newest first. */
  readonly operations: readonly Operation[] | undefined;
  /** Why one of these is missing; the page works without them. */
  readonly problem: ApiProblem | undefined;
  /** Null if the order waits for nothing. */
  readonly nextLook: NextLook | null;
  /** How the order can be paid. */
  readonly ways: readonly WayToPay[];
}

/** Reads the order, its payment and its operations from paidonce. Never throws because of the API. */
export async function viewOrder(shop: Shop, record: OrderRecord): Promise<OrderView> {
  const paymentId = shownPaymentId(record);
  const ways = await shop.ways();
  const [apiOrder, payment, operations] = await Promise.all([
    orProblem(shop.api.readOrder(record.reference)),
    paymentId === undefined ? undefined : orProblem(shop.api.readPayment(paymentId)),
    paymentId === undefined ? undefined : orProblem(shop.api.readOperations(paymentId)),
  ]);
  const isKnown = payment !== undefined && !(payment instanceof ApiProblem);
  return {
    record,
    temporalUiUrl: shop.temporalUiUrl,
    apiOrder: apiOrder instanceof ApiProblem ? undefined : apiOrder,
    payment: payment instanceof ApiProblem ? undefined : payment,
    operations: operations instanceof ApiProblem ? undefined : operations,
    nextLook: isKnown ? nextLookOf(payment, shop.lookIntervals, Date.now()) : null,
    ways,
    problem: [apiOrder, payment, operations].find((found) => found instanceof ApiProblem),
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
