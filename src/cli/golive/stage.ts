/** One gateway of the deployment, and what a check needs to act on it. */
import type { z } from 'zod';
import { delivery } from '../../api/deliveries/delivery-view.ts';
import { problem } from '../../api/http/fields.ts';
import { pageOf } from '../../api/http/pages.ts';
import { orderView, paymentWithTimeline } from '../../api/payments/payment-schemas.ts';
import { sentUpdate } from '../../api/updates/update-view.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import type { ConfiguredGateway } from '../../gateways/gateway-descriptor.ts';
import type { GatewayProof, ProofMessage, ProvedPayment } from '../../gateways/gateway-proof.ts';
import { fetchFailure } from '../../lib/root-of.ts';
import type { ServiceApi } from '../service-api.ts';
import type { RunningSandbox } from '../../gateways/running-sandbox.ts';
import type { Payment } from '../../api/test-bench/trial-payment.ts';

export interface Stage {
  readonly service: ServiceApi;
  /** The same service with a key that may ask for a reconciliation. */
  readonly support: ServiceApi;
  readonly gateway: Gateway;
  readonly configured: ConfiguredGateway;
  readonly proof: GatewayProof<unknown>;
  /** Null where the gateway itself is called. */
  readonly sandbox: RunningSandbox | null;
  /** Has a payer pay by hand, where a person is there. Absent where none is. */
  readonly askPayer?: (checkoutUrl: string) => void;
}

/** The answer to a callback. */
export interface CallbackAnswer {
  readonly status: number;
  /** `accepted`, `duplicate` or `ignored`, or the code of the problem. */
  readonly result: string;
}

const LIMIT_MS = 15_000;

/** Sends a message as the gateway would. @throws Error where nothing answers */
export async function send({ service }: Stage, message: ProofMessage): Promise<CallbackAnswer> {
  const { method, path, headers, body } = message;
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(LIMIT_MS),
    ...(method === 'POST' && { body: Buffer.from(body) }),
  }).catch((error: unknown) => {
    throw new Error(`no answer from ${service.url} to a callback (${fetchFailure(error)})`);
  });
  const json: unknown = await response.json().catch(() => null);
  const { result } = (json ?? {}) as { result?: unknown };
  const code = problem.safeParse(json).data?.code;
  return {
    status: response.status,
    result: typeof result === 'string' ? result : (code ?? 'no answer of ours'),
  };
}

export function inWords({ status, result }: CallbackAnswer): string {
  return `${status} ${result}`;
}

/** The key of a payment: its number is the last part of its workflow's id. */
export function keyOf(payment: Payment): ProvedPayment {
  const { id, orderReference, sessionId, transactionId, workflow } = payment;
  const n = Number(workflow.workflowId.split('/').at(-1));
  return { paymentId: id, orderReference, n, sessionId: sessionId ?? '', transactionId };
}

export type Timeline = z.infer<typeof paymentWithTimeline>['timeline'];

export async function timelineOf({ service }: Stage, id: string): Promise<Timeline> {
  return (await service.get(`/v1/payments/${id}`, paymentWithTimeline)).timeline;
}

export async function deliveriesOf(
  { service }: Stage,
  id: string,
): Promise<readonly z.infer<typeof delivery>[]> {
  return (await service.get(`/v1/deliveries?payment=${id}&limit=100`, pageOf(delivery))).data;
}

export async function updatesOf(
  { service }: Stage,
  order: string,
): Promise<readonly z.infer<typeof sentUpdate>[]> {
  return (await service.get(`/v1/updates?order=${order}&limit=100`, pageOf(sentUpdate))).data;
}

export async function statusOf({ service }: Stage, order: string): Promise<string> {
  return (await service.get(`/v1/orders/${order}`, orderView)).status;
}
