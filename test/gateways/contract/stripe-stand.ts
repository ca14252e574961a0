import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { STRIPE } from '../../../src/gateways/stripe/descriptor.ts';
import { signForTest } from '../../../src/gateways/stripe/signature.ts';
import { inOurUnits } from '../../../src/gateways/in-gateway-units.ts';
import { withPossibleSums } from '../../../src/gateways/possible-sums.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { until } from '../../sandbox/sandbox-client.ts';
import {
  KEY as SECRET_KEY,
  startStripeSandbox,
  WEBHOOK_SECRET,
  type StripeSandboxClient,
} from '../../sandbox/stripe/stripe-client.ts';
import { settingsFor } from '../stripe/fake-stripe.ts';
import type { PayerAct, StandKind, Trouble } from './stand.ts';

const OUTCOMES = {
  pay: 'authorize',
  hold: 'on_hold',
  fail: 'fail',
  leave: 'cancel',
} as const satisfies Record<PayerAct, string>;
const CALLS = {
  open: ['create'],
  operate: ['capture', 'refund', 'void'],
  read: ['readSession'],
};
const DROPS = { lost_before: 'before', lost_after: 'after' } as const satisfies Partial<
  Record<Trouble, string>
>;

export const STRIPE_STAND: StandKind = {
  name: 'Stripe',
  descriptor: STRIPE,
  async start() {
    const sandbox = await startStripeSandbox();
    const secrets = [WEBHOOK_SECRET, 'whsec_older'];
    const connections = new Connections();
    const account = { accountId: 'acct_1Sandbox000000001', secretKey: SECRET_KEY, webhookSecrets: secrets };
    const settings = settingsFor(sandbox.url, account);
    return {
      // As the registry builds it.
      gateway: withPossibleSums(inOurUnits(createStripeGateway(settings, { fetch: connections.fetch }))),
      secrets,
      act: (sessionId, act) => sandbox.sim(`/sessions/${sessionId}/pay`, { outcome: OUTCOMES[act] }),
      async decide(sessionId, outcome) {
        const { payment_intent: intent } = await sandbox.sim(`/sessions/${sessionId}`);
        const status = outcome === 'paid' ? 'succeeded' : 'failed';
        await sandbox.sim(`/transactions/${intent}/change`, { status });
      },
      move: (transactionId, kind, amount) =>
        sandbox.sim(`/transactions/${transactionId}/${kind}`, kind === 'void' ? {} : { amount }),
      async trouble(call, trouble) {
        if (trouble === 'unreachable') return connections.refuseNextChange();
        const fault = { drop: DROPS[trouble], times: 1 };
        await sandbox.sim('/faults', Object.fromEntries(CALLS[call].map((name) => [name, fault])));
      },
      lockOut: () => sandbox.sim('/faults', { all: { status: 401 } }),
      callbacks: (sessionId) => callbacksOf(sandbox, sessionId),
      signedAt: (request, seconds) => signedAgain(request, seconds),
      close: () => sandbox.close(),
    };
  },
};

/** The connections to the sandbox. A change of ours can be refused; a read before it gets through. */
class Connections {
  #isRefusing = false;

  refuseNextChange(): void {
    this.#isRefusing = true;
  }

  readonly fetch: typeof fetch = async (url, init) => {
    if (!this.#isRefusing || init?.method !== 'POST') return fetch(url, init);
    this.#isRefusing = false;
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
    });
  };
}

/** Waits until all that the sandbox sends about the session has arrived. */
async function callbacksOf(sandbox: StripeSandboxClient, sessionId: string): Promise<RawRequest[]> {
  await until(async () => {
    const sent: { state: string }[] = await sandbox.sim(`/callbacks?sessionId=${sessionId}`);
    return sent.length > 0 && sent.every(({ state }) => state === 'delivered');
  });
  const { payment_intent: intent } = await sandbox.sim(`/sessions/${sessionId}`);
  const names = [sessionId, String(intent)];
  return sandbox.receiver.received
    .filter(({ body }) => names.some((name) => body.includes(name)))
    .map(({ method, target, headers, body }) => ({
      method,
      target,
      headers: headers as Record<string, string>,
      body: Buffer.from(body),
      receivedAt: new Date(),
    }));
}

function signedAgain(request: RawRequest, seconds: number): RawRequest {
  const timestamp = Math.floor(Date.now() / 1_000) + seconds;
  const signature = signForTest(request.body, WEBHOOK_SECRET, timestamp);
  return { ...request, headers: { ...request.headers, 'stripe-signature': signature } };
}
