import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { runShop, type RunningShop } from '../../demo-shop/run-shop.ts';
import { API_KEY, startFakePaidonce, type FakePaidonce } from './fake-paidonce.ts';

export const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
export const OLDER_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

/** A running shop and the paidonce that it calls. */
export interface Stage {
  readonly api: FakePaidonce;
  readonly shop: RunningShop;
  close(): Promise<void>;
}

export async function startStage(env: NodeJS.ProcessEnv = {}): Promise<Stage> {
  const api = await startFakePaidonce();
  const shop = await startShop(api, env);
  return { api, shop, close: async () => void (await Promise.all([shop.close(), api.close()])) };
}

export function startShop(api: FakePaidonce, env: NodeJS.ProcessEnv = {}): Promise<RunningShop> {
  return runShop({
    SHOP_PORT: '0',
    PAIDONCE_API_URL: api.url,
    PAIDONCE_API_KEY: API_KEY,
    ORDER_WEBHOOK_SECRETS: `${SECRET},${OLDER_SECRET}`,
    ...env,
  });
}

/** Presses Buy; each cart is a new press, and the same cart is the same press. */
export function buy(shop: RunningShop, form: Record<string, string> = {}): Promise<Response> {
  return fetch(`${shop.url}/orders`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      cart: randomBytes(6).toString('hex'),
      product: 'chair-1',
      quantity: '1',
      ...form,
    }),
  });
}

/** Buys and returns the order's number. */
export async function anOrder(stage: Stage): Promise<string> {
  await buy(stage.shop);
  return stage.api.requests.at(-1)?.order.reference ?? '';
}

export interface Told {
  readonly order: string;
  readonly webhookId?: string;
  readonly type?: string;
  readonly orderStatus?: string;
  readonly sequence?: number;
  readonly secret?: string;
  readonly at?: Date;
  /** Replaces the signed body after signing. */
  readonly forged?: string;
  readonly signal?: AbortSignal;
}

/** Sends an order update as paidonce does; returns the status. */
export async function tell(shop: RunningShop, told: Told): Promise<number> {
  const body = JSON.stringify(anUpdate(told));
  const webhookId = told.webhookId ?? `${told.order}/order.paid`;
  const at = told.at ?? new Date();
  const answer = await fetch(`${shop.url}/webhooks/paidonce`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(told.secret ?? SECRET).sign(webhookId, at, body),
    },
    body: told.forged ?? body,
    signal: told.signal ?? null,
  });
  return answer.status;
}

export function anUpdate(told: Told): object {
  const data = {
    orderReference: told.order,
    orderStatus: told.orderStatus ?? 'PAID',
    sequence: told.sequence ?? 1,
    paymentId: `pay_${told.order}`,
    gateway: 'dintero',
    livemode: false,
    sessionId: `session-${told.order}`,
    transactionId: 'T12345678.tx',
    status: 'AUTHORIZED',
    amount: 72_200,
    currency: 'NOK',
  };
  return { type: told.type ?? 'order.paid', timestamp: new Date().toISOString(), apiVersion: '1', data };
}

export async function text(shop: RunningShop, path: string): Promise<string> {
  return (await fetch(`${shop.url}${path}`)).text();
}

export interface Report {
  readonly state: string | null;
  readonly data: { type: string; times: number; applied: boolean; verified: boolean; webhookId: string }[];
  readonly attempts: { webhookId: string; answer: number | null }[];
}

export async function report(shop: RunningShop, order: string): Promise<Report> {
  return (
    await fetch(`${shop.url}/__shop/updates?order=${encodeURIComponent(order)}`)
  ).json() as Promise<Report>;
}

export function behave(shop: RunningShop, behaviour: object): Promise<Response> {
  return fetch(`${shop.url}/__shop/behaviour`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  });
}
