import { z } from 'zod';
import type { PlacedOrder } from './order-book.ts';
import { vatWithin } from './products.ts';

const workflow = z.looseObject({ workflowId: z.string(), url: z.string().nullish() });

const paymentSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  gateway: z.string().optional(),
  amount: z.number(),
  currency: z.string(),
  authorizedAmount: z.number().nullish(),
  capturedAmount: z.number().nullish(),
  refundedAmount: z.number().nullish(),
  checkoutUrl: z.string().nullish(),
  transactionId: z.string().nullish(),
  reason: z.string().nullish(),
  expiresAt: z.string().nullish(),
  workflow: workflow.nullish(),
  timeline: z.array(z.looseObject({ at: z.string(), kind: z.string(), text: z.string() })).nullish(),
});

const orderSchema = z.looseObject({
  reference: z.string(),
  status: z.string(),
  payments: z.array(z.string()),
});

const operationSchema = z.looseObject({
  kind: z.string(),
  reference: z.string(),
  status: z.string(),
  amount: z.number().nullish(),
  currency: z.string(),
  problem: z.looseObject({ code: z.string(), detail: z.string() }).nullish(),
  createdAt: z.string(),
});

const gatewaysSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string(), name: z.string(), isDefault: z.boolean() })),
});

const operationsSchema = z.looseObject({ data: z.array(operationSchema) });

const problemSchema = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
});

export type Payment = z.infer<typeof paymentSchema>;
export type ApiOrder = z.infer<typeof orderSchema>;
export type Operation = z.infer<typeof operationSchema>;
/** A gateway, as a payer chooses it. */
export type WayToPay = z.infer<typeof gatewaysSchema>['data'][number];

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

/** The calls of paidonce's HTTP API that a shop needs. Each throws `ApiProblem`. */
export function createPaidonceApi(at: { apiUrl: string; apiKey: string }) {
  const call = async <T>(
    schema: z.ZodType<T>,
    path: string,
    init: RequestInit,
    { limitMs = 3_000, silence = NOTHING_CHARGED } = {},
  ): Promise<T> => {
    const headers = { authorization: `Bearer ${at.apiKey}`, 'content-type': 'application/json' };
    const limit = AbortSignal.timeout(limitMs);
    const sent = fetch(`${at.apiUrl}${path}`, { ...init, headers, signal: limit, redirect: 'error' });
    const answer = await sent.catch((cause: unknown) => {
      throw new ApiProblem(silence, { status: 503, code: 'no_answer', cause });
    });
    return readAnswer(schema, answer);
  };
  const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) });
  const segment = encodeURIComponent;
  return {
    /** `gateway`: the payer's choice. A session at another gateway is replaced. */
    openPayment: (order: PlacedOrder, returnUrl: string, gateway?: string): Promise<Payment> =>
      call(paymentSchema, '/v1/payments', post(paymentRequest(order, returnUrl, gateway)), {
        limitMs: 20_000,
      }),
    listGateways: async () => (await call(gatewaysSchema, '/v1/gateways', {})).data,
    readPayment: (id: string) => call(paymentSchema, `/v1/payments/${segment(id)}`, {}),
    readOrder: (reference: string) => call(orderSchema, `/v1/orders/${segment(reference)}`, {}),
    /** Newest first. */
    readOperations: async (id: string): Promise<Operation[]> =>
      (await call(operationsSchema, `/v1/payments/${segment(id)}/operations?limit=100`, {})).data,
    /** Moves all that is left. The same reference moves money only once, however often it is sent. */
    moveMoney: (id: string, kind: MoveKind, reference: string): Promise<Operation> =>
      call(operationSchema, `/v1/payments/${segment(id)}/${kind}`, post({ reference }), {
        limitMs: 20_000,
        silence: MAYBE_MOVED,
      }),
  };
}

function paymentRequest(order: PlacedOrder, returnUrl: string, gateway?: string): object {
  const line = {
    id: order.productId,
    lineId: '1',
    description: order.description,
    quantity: order.quantity,
    amount: order.amountMinor,
    vat: order.vatPercent,
    vatAmount: vatWithin(order.amountMinor, order.vatPercent),
    type: 'physical',
  };
  const { reference, amountMinor: amount, currency } = order;
  const chosen = gateway === undefined ? {} : { gateway, replace: true };
  return { order: { reference, amount, currency, items: [line] }, returnUrl, ...chosen };
}

async function readAnswer<T>(schema: z.ZodType<T>, answer: Response): Promise<T> {
  const requestId = answer.headers.get('x-request-id') ?? undefined;
  const known = { status: answer.status, ...(requestId !== undefined && { requestId }) };
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) {
    const problem = problemSchema.safeParse(body).data;
    const words = problem?.detail ?? problem?.title ?? `The payment service answered ${answer.status}.`;
    throw new ApiProblem(words, { ...known, code: problem?.code ?? `http_${answer.status}` });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ApiProblem('The shop does not understand the answer of the payment service.', {
    ...known,
    status: 502,
    code: 'not_understood',
    cause: parsed.error,
  });
}
