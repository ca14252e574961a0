import {
  createClient,
  PaidonceConnectionError,
  PaidonceError,
  type Gateway,
  type NewPayment,
  type OpenedPayment,
  type Operation,
  type Order,
  type PaymentWithTimeline,
} from '@paidonce/client';
import type { PlacedOrder } from './order-book.ts';
import { vatWithin } from './products.ts';

export type { Operation };
export type ApiOrder = Order;
export type Payment = PaymentWithTimeline;
/** A gateway, as a payer chooses it. */
export type WayToPay = Pick<Gateway, 'id' | 'name' | 'isDefault'>;

export const MOVE_KINDS = ['capture', 'refund', 'void'] as const;
export type MoveKind = (typeof MOVE_KINDS)[number];

/**
 * The API refused the call or did not answer. It has the problem's code and the request id, which support
 * asks for.
 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(message: string, is: { status: number; code: string; requestId?: string; cause?: unknown }) {
    super(message, { cause: is.cause });
    this.status = is.status;
    this.code = is.code;
    this.requestId = is.requestId;
  }
}

export type PaidonceApi = ReturnType<typeof createPaidonceApi>;

const NOTHING_CHARGED = 'The payment service did not answer. Nothing was charged; please try again.';
const MAYBE_MOVED =
  'The payment service did not answer, so the shop does not know whether the money was moved. The order’s page will show the result once the service answers again.';

/** The calls of paidonce's API that a shop needs. Each throws `ApiProblem`. */
export function createPaidonceApi({ apiUrl: baseUrl, apiKey }: { apiUrl: string; apiKey: string }) {
  // A page that is shown waits a little, and an order or a button waits for the gateway.
  const pages = createClient({ baseUrl, apiKey, timeoutMs: 3_000, maxRetries: 0 });
  const buttons = createClient({ baseUrl, apiKey, timeoutMs: 20_000 });
  return {
    /** `gateway`: the payer's choice. A session at another gateway is replaced. */
    openPayment: (order: PlacedOrder, returnUrl: string, gateway?: string): Promise<OpenedPayment> =>
      inWords(buttons.payments.create(newPayment(order, returnUrl, gateway))),
    listGateways: async (): Promise<readonly WayToPay[]> => (await inWords(pages.gateways.list())).data,
    readPayment: (id: string): Promise<Payment> => inWords(pages.payments.retrieve(id)),
    readOrder: (reference: string): Promise<ApiOrder> => inWords(pages.orders.retrieve(reference)),
    /** Newest first. */
    readOperations: async (id: string): Promise<readonly Operation[]> =>
      (await inWords(pages.payments.listOperations(id, { limit: 100 }))).data,
    /** Moves all that is left. The same reference moves money only once, however often it is sent. */
    moveMoney: async (id: string, kind: MoveKind, reference: string): Promise<void> => {
      await inWords(buttons.payments[kind](id, { reference }), MAYBE_MOVED);
    },
  };
}

function newPayment(order: PlacedOrder, returnUrl: string, gateway?: string): NewPayment {
  const line = {
    id: order.productId,
    lineId: '1',
    description: order.description,
    quantity: order.quantity,
    amount: order.amountMinor,
    vat: order.vatPercent,
    vatAmount: vatWithin(order.amountMinor, order.vatPercent),
    type: 'physical',
  } as const;
  const { reference, amountMinor: amount, currency } = order;
  const chosen = gateway === undefined ? {} : { gateway, replace: true };
  return { order: { reference, amount, currency, items: [line] }, returnUrl, ...chosen };
}

/** The answer, or its refusal in words for the payer. `silence` is said where there is no answer. */
async function inWords<Answer>(call: Promise<Answer>, silence = NOTHING_CHARGED): Promise<Answer> {
  return call.catch((cause: unknown) => {
    if (cause instanceof PaidonceConnectionError)
      throw new ApiProblem(silence, { status: 503, code: 'no_answer', cause });
    if (!(cause instanceof PaidonceError)) throw cause;
    const { message, status, code, requestId } = cause;
    throw new ApiProblem(message, { status, code, cause, ...(requestId !== null && { requestId }) });
  });
}
