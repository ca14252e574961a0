import { digitsOf } from '../../../sandbox/stripe/money/currencies.ts';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { STRIPE } from '../../../src/gateways/stripe/descriptor.ts';
import { signEvent } from '../../../src/gateways/stripe/signature.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { until } from '../../sandbox/sandbox-client.ts';
import {
  KEY as SECRET_KEY,
  startStripeSandbox,
  WEBHOOK_SECRET,
  type StripeSandboxClient,
} from '../../sandbox/stripe/stripe-client.ts';
import { settingsFor } from '../stripe/fake-stripe.ts';
import { Line } from './line.ts';
import { forgedInBody } from './forged.ts';
import { received, toRawRequest } from './received.ts';
import { SANDBOX_OUTCOMES, type Callbacks, type Payers, type StandKind } from './stand.ts';

const CALLS = {
  open: /^POST \/v1\/checkout\/sessions$/,
  operate: /^POST \/v1\/(?:refunds$|payment_intents\/\w+\/(?:capture|cancel)$)/,
  read: /^GET \/v1\/checkout\/sessions\/\w+$/,
};

/** Older ones may still sign, as while a secret is rolled. */
const SECRETS = [WEBHOOK_SECRET, 'whsec_older'];

export const STRIPE_STAND: StandKind = {
  name: 'Stripe',
  descriptor: STRIPE,
  traits: STRIPE.traits,
  async start() {
    const [sandbox, line] = [await startStripeSandbox(), await new Line(CALLS).open()];
    const account = {
      accountId: 'acct_1Sandbox000000001',
      secretKey: SECRET_KEY,
      webhookSecrets: SECRETS,
    };
    const settings = settingsFor(sandbox.url, account);
    const elsewhere = settingsFor(sandbox.url, { ...account, publicUrl: 'https://another-shop.example' });
    return {
      gateway: createStripeGateway(settings, { fetch: line.fetch }),
      neighbour: createStripeGateway(elsewhere),
      secrets: [SECRETS],
      credentials: [SECRET_KEY],
      moreThanAPage: 110,
      ...payersOf(sandbox),
      ...callbacksOf(sandbox),
      async trouble(call, trouble) {
        line.fail(call, trouble);
      },
      lockOut: () => sandbox.sim('/faults', { all: { status: 401 } }),
      async close() {
        await line.close();
        await sandbox.close();
      },
    };
  },
};

/** `/__sim` of the sandbox. */
function simOf(sandbox: StripeSandboxClient) {
  return (path: string, body?: unknown) => sandbox.sim(path, body);
}

function payersOf(sandbox: StripeSandboxClient): Payers {
  const { stripe } = sandbox;
  const sim = simOf(sandbox);
  const pay = (sessionId: string, payment: object) => sim(`/sessions/${sessionId}/pay`, payment);
  return {
    act: (sessionId, act) => pay(sessionId, { outcome: SANDBOX_OUTCOMES[act] }),
    payWrongly: (sessionId, { amountMinor: amount, currency }) =>
      pay(sessionId, { outcome: 'authorize', amount, currency }),
    async decide(sessionId, outcome) {
      const { payment_intent: intent } = await sim(`/sessions/${sessionId}`);
      await sim(`/transactions/${intent}/change`, { status: outcome === 'paid' ? 'succeeded' : 'failed' });
    },
    move: (transactionId, kind, amount) =>
      sim(`/transactions/${transactionId}/${kind}`, kind === 'void' ? {} : { amount }),
    async session(sessionId) {
      const session = await sim(`/sessions/${sessionId}`);
      return {
        amount: session.amount_total / 10 ** digitsOf(session.currency),
        currency: session.currency.toUpperCase(),
        expiresAt: new Date(session.expires_at * 1_000),
        returnUrl: session.success_url,
      };
    },
    holdRefunds: () => sim('/faults', { refund: { pending: true, result: 'never' } }),
    async endRefund(transactionId, outcome) {
      const { data } = await stripe.refunds.list({ payment_intent: transactionId });
      await sim(`/refunds/${data[0]?.id}/${outcome === 'done' ? 'succeed' : 'fail'}`, {});
    },
    dispute: (transactionId) => sim(`/transactions/${transactionId}/dispute`, {}),
    async showUnknownStatus(sessionId) {
      const patch = { payment_intent: { status: 'frozen' } };
      await sim('/faults', { readSession: { sessionId, patch }, search: { patch: { data: patch } } });
    },
    silence: () => sim('/faults', { callbacks: 'off' }),
  };
}

function callbacksOf(sandbox: StripeSandboxClient): Callbacks {
  const sim = simOf(sandbox);
  const about = async (names: readonly string[]) => {
    await delivered(sandbox);
    return received(sandbox.receiver, ({ body }) => names.some((name) => body.includes(name)));
  };
  return {
    async callbacks(sessionId) {
      const { payment_intent: intent } = await sim(`/sessions/${sessionId}`);
      return about([sessionId, String(intent)]);
    },
    signedAt: (request, seconds) => signed(request, seconds),
    forgeries: (callback) => forgedInBody(callback, 'stripe-signature', signature),
    async strangers() {
      const { transactionId } = await sim('/transactions', { amount: 5_000, currency: 'nok' });
      await sim(`/transactions/${transactionId}/refund`, { metadata: { host: 'elsewhere.example' } });
      return about([transactionId]);
    },
    async otherBusiness() {
      const customer = { id: 'cus_contract1', object: 'customer' };
      for (const type of ['customer.updated', 'payout.paid', 'checkout.session.applauded'])
        await sim('/events', { type, object: customer });
      return about([customer.id]);
    },
    unclear: () =>
      ['[]', '"text"', '{"object":"event"}', '{"object":"event","id":1}', 'no JSON'].map((body) =>
        signed(toRawRequest({ method: 'POST', target: '/callbacks/stripe', headers: {}, body }), 0),
      ),
    withUnknownStatus(callback) {
      const event = JSON.parse(callback.body.toString());
      if (!('status' in event.data.object)) return null;
      event.data.object.status = 'frozen';
      return signed({ ...callback, body: Buffer.from(JSON.stringify(event)) }, 0);
    },
    batched: () => null,
  };
}

/** Waits until all that the sandbox sends has arrived. */
async function delivered(sandbox: StripeSandboxClient): Promise<void> {
  await until(async () => {
    const sent: { state: string }[] = await sandbox.sim('/callbacks');
    return sent.every(({ state }) => state === 'delivered');
  });
}

function signature(body: Buffer, secret = WEBHOOK_SECRET, seconds = 0): string {
  return signEvent(body, secret, Math.floor(Date.now() / 1_000) + seconds);
}

function signed(request: RawRequest, seconds: number): RawRequest {
  const header = signature(request.body, WEBHOOK_SECRET, seconds);
  return { ...request, headers: { ...request.headers, 'stripe-signature': header } };
}
