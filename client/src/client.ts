import createFetchClient, { type Client } from 'openapi-fetch';
import { PaidonceConnectionError, PaidonceError } from './errors.ts';
import { fetchAgain, fetchOnce } from './fetch-again.ts';
import type { operations, paths } from './openapi.ts';
import type { NewCapture, NewPayment, NewRefund, NewVoid } from './schemas.ts';

export interface ClientOptions {
  /** Where paidonce answers: `https://pay.shop.example`. */
  readonly baseUrl: string;
  /** One of API_KEYS of paidonce, with the scopes that the calls need. */
  readonly apiKey: string;
  /** Another implementation, for example through a proxy. */
  readonly fetch?: typeof globalThis.fetch;
  /** How long an attempt may take; default 30,000. */
  readonly timeoutMs?: number;
  /**
   * How often a call is repeated that got no answer, or that paidonce asks to repeat (429 or 503 with
   * `Retry-After`); default 2. Only calls that may be repeated are: all that read, `payments.create`, `capture`,
   * `refund`, `void` and `cancel`. The others (such as `update`, `resolve`, `redeliver`) are sent once, since a lost
   * answer does not say whether they had their effect.
   */
  readonly maxRetries?: number;
}

export type PaidonceClient = ReturnType<typeof createClient>;

type Named = keyof operations;
type QueryOf<Name extends Named> = NonNullable<operations[Name]['parameters']['query']>;
type BodyOf<Name extends Named> = operations[Name] extends {
  requestBody?: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;

/**
 * The calls of paidonce's API. Each returns the body of the answer.
 * @throws PaidonceError | PaidonceConnectionError
 */
export function createClient({ baseUrl, apiKey, fetch, timeoutMs = 30_000, maxRetries = 2 }: ClientOptions) {
  const trying = { fetch: fetch ?? globalThis.fetch, timeoutMs, maxRetries };
  const api = createFetchClient<paths, 'application/json'>({
    baseUrl,
    fetch: fetchAgain(trying),
    redirect: 'error',
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const once = { fetch: fetchOnce(trying) };
  return {
    payments: paymentCalls(api, once),
    orders: {
      retrieve: (reference: string) =>
        answerOf(api.GET('/v1/orders/{reference}', { params: { path: { reference } } })),
    },
    gateways: gatewayCalls(api),
    system: systemCalls(api),
    ...operatorCalls(api, once),
    ...overviewCalls(api, once),
    testBench: testBenchCalls(api, once),
  };
}

/** A list can also be had as a file. This client reads objects. */
type Api = Client<paths, 'application/json'>;
/** For calls that are not repeated. */
type Once = { readonly fetch: (request: Request) => Promise<Response> };

const of = (id: string) => ({ params: { path: { id } } });

function paymentCalls(api: Api, once: Once) {
  return {
    /** Opens a session for an order. The same order gets the same open session. */
    create: (body: NewPayment) => answerOf(api.POST('/v1/payments', { body })),
    /** The payment with its timeline. */
    retrieve: (id: string) => answerOf(api.GET('/v1/payments/{id}', of(id))),
    list: (query: QueryOf<'listPayments'> = {}) => answerOf(api.GET('/v1/payments', { params: { query } })),
    update: (id: string, body: BodyOf<'updatePayment'>) =>
      answerOf(api.PATCH('/v1/payments/{id}', { ...of(id), body, ...once })),
    cancel: (id: string) => answerOf(api.POST('/v1/payments/{id}/cancel', of(id))),
    /** For colleagues; it decides nothing. */
    addNote: (id: string, body: BodyOf<'addNote'>) =>
      answerOf(api.POST('/v1/payments/{id}/notes', { ...of(id), body, ...once })),
    /** Has the gateway read now. */
    look: (id: string, body: BodyOf<'lookAtPayment'>) =>
      answerOf(api.POST('/v1/payments/{id}/look', { ...of(id), body, ...once })),
    /** A person's decision about a payment in REVIEW. Above FOUR_EYES_ABOVE the answer is an approval. */
    resolve: (id: string, body: BodyOf<'resolvePayment'>) =>
      answerOf(api.POST('/v1/payments/{id}/resolve', { ...of(id), body, ...once })),
    /** `status` of the answer is `pending` while it is under way: retrieveOperation says more later. */
    capture: (id: string, body: NewCapture) =>
      answerOf(api.POST('/v1/payments/{id}/capture', { ...of(id), body })),
    /** Above FOUR_EYES_ABOVE the answer is an approval, with the status `awaiting_approval`. */
    refund: (id: string, body: NewRefund) =>
      answerOf(api.POST('/v1/payments/{id}/refund', { ...of(id), body })),
    void: (id: string, body: NewVoid) => answerOf(api.POST('/v1/payments/{id}/void', { ...of(id), body })),
    listOperations: (id: string, query: QueryOf<'listPaymentOperations'> = {}) =>
      answerOf(api.GET('/v1/payments/{id}/operations', { params: { path: { id }, query } })),
    retrieveOperation: (id: string, reference: string, query: QueryOf<'getOperation'> = {}) =>
      answerOf(
        api.GET('/v1/payments/{id}/operations/{reference}', { params: { path: { id, reference }, query } }),
      ),
  };
}

function gatewayCalls(api: Api) {
  return {
    list: () => answerOf(api.GET('/v1/gateways')),
    /** By operation: the last hour where nothing else is asked for. */
    listCalls: (gateway: string, query: QueryOf<'listGatewayCalls'> = {}) =>
      answerOf(api.GET('/v1/gateways/{gateway}/calls', { params: { path: { gateway }, query } })),
    listSweeps: (gateway: string, query: QueryOf<'listGatewaySweeps'> = {}) =>
      answerOf(api.GET('/v1/gateways/{gateway}/sweeps', { params: { path: { gateway }, query } })),
  };
}

/** What the service is made of and how it is set up. */
function systemCalls(api: Api) {
  return {
    listProcesses: () => answerOf(api.GET('/v1/system/processes')),
    retrieveTemporal: () => answerOf(api.GET('/v1/system/temporal')),
    listSecrets: () => answerOf(api.GET('/v1/system/secrets')),
    listSettings: () => answerOf(api.GET('/v1/system/settings')),
    retrieveStore: () => answerOf(api.GET('/v1/system/store')),
    listFigures: () => answerOf(api.GET('/v1/system/figures')),
  };
}

/** Requests above FOUR_EYES_ABOVE, which wait for a second person. */
function approvalCalls(api: Api, once: Once) {
  return {
    list: (query: QueryOf<'listApprovals'> = {}) => answerOf(api.GET('/v1/approvals', { params: { query } })),
    retrieve: (id: string) => answerOf(api.GET('/v1/approvals/{id}', of(id))),
    approve: (id: string, body: BodyOf<'approveRequest'> = {}) =>
      answerOf(api.POST('/v1/approvals/{id}/approve', { ...of(id), body, ...once })),
    reject: (id: string, body: BodyOf<'rejectRequest'>) =>
      answerOf(api.POST('/v1/approvals/{id}/reject', { ...of(id), body, ...once })),
  };
}

/** What support and operation need. */
function operatorCalls(api: Api, once: Once) {
  return {
    operations: {
      list: (query: QueryOf<'listOperations'> = {}) =>
        answerOf(api.GET('/v1/operations', { params: { query } })),
    },
    approvals: approvalCalls(api, once),
    updates: {
      retrieveEndpoint: () => answerOf(api.GET('/v1/updates/endpoint')),
      list: (query: QueryOf<'listUpdates'> = {}) => answerOf(api.GET('/v1/updates', { params: { query } })),
      listAttempts: (id: string) => answerOf(api.GET('/v1/updates/{id}/attempts', of(id))),
      redeliver: (body: BodyOf<'redeliverUpdate'>) =>
        answerOf(api.POST('/v1/updates/redeliver', { body, ...once })),
    },
    deliveries: {
      list: (query: QueryOf<'listDeliveries'> = {}) =>
        answerOf(api.GET('/v1/deliveries', { params: { query } })),
      retrieve: (id: string) => answerOf(api.GET('/v1/deliveries/{id}', of(id))),
      redeliver: (id: string, body: BodyOf<'redeliverCallback'>) =>
        answerOf(api.POST('/v1/deliveries/{id}/redeliver', { ...of(id), body, ...once })),
    },
  };
}

/** What is compared, counted and checked. */
function overviewCalls(api: Api, once: Once) {
  return {
    reconciliations: {
      /** Begins to compare a gateway with paidonce: retrieve says when it is complete. */
      create: (body: BodyOf<'startReconciliation'>) =>
        answerOf(api.POST('/v1/reconciliations', { body, ...once })),
      list: (query: QueryOf<'listReconciliations'> = {}) =>
        answerOf(api.GET('/v1/reconciliations', { params: { query } })),
      retrieve: (id: string) => answerOf(api.GET('/v1/reconciliations/{id}', of(id))),
      listDifferences: (id: string, query: QueryOf<'listReconciliationDifferences'> = {}) =>
        answerOf(api.GET('/v1/reconciliations/{id}/differences', { params: { path: { id }, query } })),
    },
    backfills: {
      /** Begins to fill the delivery log from the gateway's own list of events: retrieve says when it is complete. */
      create: (body: BodyOf<'startBackfill'>) => answerOf(api.POST('/v1/backfills', { body, ...once })),
      list: (query: QueryOf<'listBackfills'> = {}) =>
        answerOf(api.GET('/v1/backfills', { params: { query } })),
      retrieve: (id: string) => answerOf(api.GET('/v1/backfills/{id}', of(id))),
    },
    /** Everything that needs somebody. */
    attention: {
      list: (query: QueryOf<'listAttention'> = {}) =>
        answerOf(api.GET('/v1/attention', { params: { query } })),
      mark: (body: BodyOf<'markAttention'>) => answerOf(api.POST('/v1/attention/mark', { body, ...once })),
    },
    audit: {
      list: (query: QueryOf<'listAudit'> = {}) => answerOf(api.GET('/v1/audit', { params: { query } })),
    },
    health: {
      retrieve: () => answerOf(api.GET('/v1/health')),
    },
    /** Figures by time: the last 24 hours where nothing else is asked for. */
    stats: (query: QueryOf<'readStats'> = {}) => answerOf(api.GET('/v1/stats', { params: { query } })),
    states: () => answerOf(api.GET('/v1/stats/states')),
    /** Payments, orders and deliveries by any of their ids, or by an exact amount. */
    search: (query: QueryOf<'searchRecords'>) => answerOf(api.GET('/v1/search', { params: { query } })),
  };
}

/** Only where the gateways are sandboxes of paidonce, as with `npm start`. */
function testBenchCalls(api: Api, once: Once) {
  return {
    listEvents: () => answerOf(api.GET('/v1/test/events')),
    /** Has a sandbox play an event to a payment, or to a new order. */
    play: (body: BodyOf<'playTestEvent'>) => answerOf(api.POST('/v1/test/events', { body, ...once })),
    /** Begins to make sample orders: listOrders says how far they are. */
    makeOrders: (body: BodyOf<'makeSampleOrders'>) =>
      answerOf(api.POST('/v1/test/orders', { body, ...once })),
    listOrders: () => answerOf(api.GET('/v1/test/orders')),
    listFaults: () => answerOf(api.GET('/v1/test/faults')),
    /** Breaks something, or repairs it. */
    turnFault: (id: string, body: BodyOf<'turnTestFault'>) =>
      answerOf(api.PUT('/v1/test/faults/{id}', { ...of(id), body, ...once })),
    /** Repairs everything. */
    endFaults: () => answerOf(api.DELETE('/v1/test/faults', once)),
  };
}

interface Answered<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

async function answerOf<Data>(call: Promise<Answered<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new PaidonceConnectionError(`no answer that can be understood: ${reasonOf(cause)}`, { cause });
  });
  if (!response.ok) throw new PaidonceError(response, error);
  if (typeof data !== 'object' || data === null)
    throw new PaidonceConnectionError(`paidonce answered ${response.status} with no JSON object`);
  return data;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}
