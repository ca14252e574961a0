/** The Stripe sandbox as a process of the stand, and the calls that the bench makes to it. */
import { join } from 'node:path';
import { freePort } from '../../kit/free-port.js';
import { SANDBOX } from './built.ts';
import { jsonOf } from './http.ts';
import { startChild, type Child } from './measured-child.ts';
import { until } from './waiting.ts';

export const STRIPE_CREDENTIALS = {
  STRIPE_ACCOUNT_ID: 'acct_1Bench0000000001',
  STRIPE_SECRET_KEY: 'sk_test_bench0000000000000000000001',
  STRIPE_WEBHOOK_SECRETS: 'whsec_bench0000000000000000000001',
};

export interface StripeStand {
  readonly url: string;
  readonly process: Child;
  /** From now on all events go to this URL. */
  subscribe(url: string): Promise<unknown>;
  /** The payer pays by card. Stripe sends five webhooks about it. */
  pay(sessionId: string): Promise<unknown>;
  /** When it began to send the first webhook about a session, in milliseconds since the epoch. */
  callbackSentAt(sessionId: string): Promise<number>;
  /** How many webhooks about a session were answered. */
  answered(sessionId: string): Promise<number>;
  /** Reads of sessions since the start. */
  reads(): Promise<number>;
}

interface Parcel {
  readonly attempts: readonly { readonly at: string; readonly status?: number | null }[];
}

export async function startStripeSandbox(folder: string): Promise<StripeStand> {
  const port = await freePort();
  const env = {
    ...STRIPE_CREDENTIALS,
    SANDBOXES: 'stripe',
    STRIPE_SANDBOX_PORT: `${port}`,
    HOST: '127.0.0.1',
    DATA_DIR: join(folder, 'sandbox'),
  };
  const logFile = join(folder, 'stripe-sandbox.log');
  const child = startChild({
    name: 'stripe sandbox',
    command: process.execPath,
    args: [SANDBOX],
    env,
    logFile,
  });
  const url = `http://127.0.0.1:${port}`;
  await until('the Stripe sandbox', async () => (await fetch(`${url}/__sim/state`)).ok);
  const parcels = (sessionId: string) => jsonOf<Parcel[]>(`${url}/__sim/callbacks?sessionId=${sessionId}`);
  return {
    url,
    process: child,
    subscribe: (to) => jsonOf(`${url}/__sim/endpoints`, { url: to }),
    pay: (sessionId) => jsonOf(`${url}/__sim/sessions/${sessionId}/pay`, { outcome: 'authorize' }),
    async callbackSentAt(sessionId) {
      const times = (await parcels(sessionId)).map(({ attempts }) => Date.parse(attempts[0]?.at ?? ''));
      return Math.min(...times.filter((time) => !Number.isNaN(time)));
    },
    answered: async (sessionId) =>
      (await parcels(sessionId)).filter(({ attempts }) => attempts.some(({ status }) => status === 200))
        .length,
    reads: async () => (await jsonOf<Record<string, number>>(`${url}/__sim/requests`))['readSession'] ?? 0,
  };
}
