/** Dintero's callbacks, those about one session and those of the account: genuine, forged and of others. */
import { signBody } from '../../../src/gateways/dintero/body-signature.ts';
import { signCallback } from '../../../src/gateways/dintero/signature.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { ACCOUNT, until, type Receiver, type SandboxClient } from '../../sandbox/sandbox-client.ts';
import { forgedInBody } from './forged.ts';
import { received, toRawRequest } from './received.ts';
import type { Callbacks } from './stand.ts';

const SECRET = 'sandbox-signature-secret-0001';
export const WEBHOOK_SECRET = 'sandbox-webhook-secret-0001';
export const SECRETS = ['another-secret', SECRET];
export const WEBHOOK_SECRETS = ['another-webhook-secret', WEBHOOK_SECRET];
export const ACCOUNT_PATH = '/callbacks/dintero/account';

export type Simulate = (path: string, body: object) => Promise<void>;

/** `POST /__sim/…` of the sandbox. */
export function simulatorOf(sandbox: SandboxClient): Simulate {
  return async (path, body) => {
    const { status, body: said } = await sandbox.call('POST', `/__sim/${path}`, body);
    if (status >= 300) throw new Error(`POST /__sim/${path} answered ${status}: ${JSON.stringify(said)}`);
  };
}

export function callbacksOf(sandbox: SandboxClient, receiver: Receiver, simulate: Simulate): Callbacks {
  const { url: publicUrl } = receiver;
  const delivered = (path: string) =>
    until(async () => {
      const { body } = await sandbox.call('GET', `/__sim/${path}`);
      return body.every(({ state }: { state: string }) => state === 'delivered');
    });
  const all = async () => {
    await delivered('callbacks');
    await delivered('hooks/deliveries');
    return receiver;
  };
  const ofAccount = (body: object | string): RawRequest =>
    signedBody(
      toRawRequest({
        method: 'POST',
        target: ACCOUNT_PATH,
        headers: {},
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
  return {
    callbacks: async (sessionId) =>
      received(await all(), ({ target, body }) => target.includes(sessionId) || body.includes(sessionId)),
    signedAt: (request, seconds) =>
      isOfAccount(request) ? null : signedTarget(request, { publicUrl, seconds }),
    forgeries: (callback) =>
      isOfAccount(callback)
        ? forgedInBody(callback, 'event-signature', signBody)
        : forgedInTarget(callback, publicUrl),
    async strangers() {
      const merchantReference = 'of-another-shop';
      const money = { amount: 5_000, currency: 'NOK', status: 'AUTHORIZED' };
      await simulate('transactions', { merchantReference, ...money });
      return received(await all(), ({ body }) => body.includes(merchantReference));
    },
    otherBusiness: async () =>
      ['account_update', 'settlement_add', 'checkout_applause'].map((event) =>
        ofAccount({ account_id: ACCOUNT, event, event_delivery: `delivery-${event}` }),
      ),
    unclear: () =>
      ['[]', '"text"', '{}', '{"account_id":"T99999999","event":"ping"}', 'no JSON'].map(ofAccount),
    withUnknownStatus(callback) {
      if (!isOfAccount(callback)) return null;
      const event = JSON.parse(callback.body.toString());
      if (event.transaction?.status === undefined) return null;
      Object.assign(event.transaction, { status: 'FROZEN', updated_at: new Date().toISOString() });
      return ofAccount(event);
    },
    batched: () => null,
  };
}

function isOfAccount({ target }: RawRequest): boolean {
  return target === ACCOUNT_PATH;
}

function signedBody(request: RawRequest): RawRequest {
  const signature = signBody(request.body, WEBHOOK_SECRET);
  return { ...request, headers: { ...request.headers, 'event-signature': signature } };
}

interface Signing {
  readonly publicUrl: string;
  readonly seconds?: number;
  readonly secret?: string;
}

function signedTarget(request: RawRequest, { publicUrl, seconds = 0, secret = SECRET }: Signing): RawRequest {
  const { method, target, headers } = request;
  const timestamp = Math.floor(Date.now() / 1_000) + seconds;
  const signed = { method, url: publicUrl + target, accountId: ACCOUNT, secret, timestamp };
  return { ...request, headers: { ...headers, 'dintero-signature': signCallback(signed) } };
}

/** The method, the host, the path and the query are signed. */
function forgedInTarget(callback: RawRequest, publicUrl: string): RawRequest[] {
  const { method, target, headers } = callback;
  const { 'dintero-signature': signature = '', ...unsigned } = headers;
  const withSignature = (value: string) => ({
    ...callback,
    headers: { ...headers, 'dintero-signature': value },
  });
  return [
    { ...callback, headers: unsigned },
    withSignature('nonsense'),
    withSignature(signature.replace(/[0-9a-f]{8}$/, '00000000')),
    signedTarget(callback, { publicUrl, secret: 'a-secret-of-somebody-else' }),
    signedTarget(callback, { publicUrl: 'https://another-shop.example' }),
    { ...callback, target: target.replace(/\bn=1\b/, 'n=2') },
    { ...callback, target: `${target}&error=none` },
    { ...callback, target: target.replace('/callbacks', '//callbacks') },
    { ...callback, method: method === 'GET' ? 'POST' : 'GET' },
  ];
}
