/** The Dintero sandbox as a process of the stand, and the calls that the bench makes to it. */
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SANDBOX } from './built.ts';
import { startChild, type Child } from './measured-child.ts';
import { jsonOf } from './http.ts';
import { freePort } from '../../kit/free-port.js';
import { until } from './waiting.ts';

export const ACCOUNT = 'T12345678';
export const SIGNATURE_SECRET = 'bench-signature-secret-0001';
export const CREDENTIALS = {
  DINTERO_ACCOUNT_ID: ACCOUNT,
  DINTERO_CLIENT_ID: 'bench-client',
  DINTERO_CLIENT_SECRET: 'bench-client-secret-0001',
  DINTERO_SIGNATURE_SECRETS: SIGNATURE_SECRET,
};

export interface Paid {
  readonly sessionId: string;
  readonly transactionId: string;
  readonly returnUrl: string;
}

/** One signed callback, ready to be sent any number of times. */
export interface SignedCallback {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SandboxStand {
  readonly url: string;
  readonly process: Child;
  /** The payer pays. With `callback: false` no callback is sent. */
  pay(sessionId: string, options?: { outcome?: string; callback?: false }): Promise<Paid>;
  /** When the sandbox began to send its callback about a session, in milliseconds since the epoch. */
  callbackSentAt(sessionId: string): Promise<number>;
  /** Sets faults from now on; `null` removes a fault. */
  faults(what: object): Promise<unknown>;
  /** The callback that Dintero would send now, signed by us, with a delivery id of its own. */
  callback(paid: Paid): Promise<SignedCallback>;
}

export async function startSandbox(folder: string): Promise<SandboxStand> {
  const port = await freePort();
  const env = {
    ...CREDENTIALS,
    SANDBOX_PORT: `${port}`,
    HOST: '127.0.0.1',
    DATA_DIR: join(folder, 'sandbox'),
  };
  const logFile = join(folder, 'sandbox.log');
  const child = startChild({ name: 'sandbox', command: process.execPath, args: [SANDBOX], env, logFile });
  const url = `http://127.0.0.1:${port}`;
  await until('the sandbox', async () => (await fetch(`${url}/__sim/state`)).ok);
  return {
    url,
    process: child,
    pay: (sessionId, options = {}) =>
      jsonOf<Paid>(`${url}/__sim/sessions/${sessionId}/pay`, { outcome: 'authorize', ...options }),
    callbackSentAt: async (sessionId) => {
      const [first] = await jsonOf<{ attempts: { at: string }[] }[]>(
        `${url}/__sim/callbacks?sessionId=${sessionId}`,
      );
      return Date.parse(first?.attempts[0]?.at ?? '');
    },
    faults: (what) => jsonOf(`${url}/__sim/faults`, what),
    callback: (paid) => signedCallback(url, paid),
  };
}

async function signedCallback(sandbox: string, { sessionId, transactionId }: Paid): Promise<SignedCallback> {
  const { session, transaction } = await jsonOf<{
    session: { url: { callback_url: string } };
    transaction: { created_at: string; merchant_reference: string };
  }>(`${sandbox}/__sim/sessions/${sessionId}`);
  const url = new URL(session.url.callback_url);
  url.searchParams.set('transaction_id', transactionId);
  url.searchParams.set('session_id', sessionId);
  url.searchParams.set('merchant_reference', transaction.merchant_reference);
  url.searchParams.set('time', transaction.created_at);
  return {
    url: url.href,
    headers: { 'dintero-signature': signatureOf(url), 'event-delivery': randomUUID() },
  };
}

function signatureOf({ hostname, pathname, search }: URL): string {
  const query = new URLSearchParams(search);
  query.sort();
  const t = Math.floor(Date.now() / 1_000);
  const text = [t, ACCOUNT, 'GET', hostname, pathname, query.toString()].join('\n');
  return `t=${t},v0-hmac-sha256=${createHmac('sha256', SIGNATURE_SECRET).update(text).digest('hex')}`;
}
