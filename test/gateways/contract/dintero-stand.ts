import { fractionDigits } from '../../../src/domain/money.ts';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { DINTERO } from '../../../src/gateways/dintero/descriptor.ts';
import { ACCOUNT, startReceiver, startSandbox, type SandboxClient } from '../../sandbox/sandbox-client.ts';
import { settingsFor } from '../dintero/fake-dintero.ts';
import {
  ACCOUNT_PATH,
  callbacksOf,
  SECRETS,
  simulatorOf,
  WEBHOOK_SECRET,
  WEBHOOK_SECRETS,
  type Simulate,
} from './dintero-callbacks.ts';
import { Line } from './line.ts';
import { SANDBOX_OUTCOMES, type Payers, type StandKind } from './stand.ts';

const CLIENT_SECRET = 'sandbox-client-secret-0001';

const CALLS = {
  open: /^POST \/v1\/sessions-profile$/,
  operate: /^POST \/v1\/transactions\/[^/]+\/(?:capture|refund|void)$/,
  read: /^GET \/v1\/(?:sessions|transactions)\/[^/]+$/,
};

export const DINTERO_STAND: StandKind = {
  name: 'Dintero',
  descriptor: DINTERO,
  traits: DINTERO.traits,
  async start() {
    const [sandbox, receiver] = [await startSandbox(), await startReceiver()];
    const line = await new Line(CALLS).open();
    const config = { url: receiver.url + ACCOUNT_PATH, secret: WEBHOOK_SECRET };
    const events = ['checkout_transaction', 'checkout_authorization', 'account_update'];
    await sandbox.api('POST', `/v1/accounts/${ACCOUNT}/hooks/subscriptions`, { config, events });
    const settings = settingsFor(sandbox.url, {
      clientId: 'sandbox-client',
      clientSecret: CLIENT_SECRET,
      signatureSecrets: SECRETS,
      webhookSecrets: WEBHOOK_SECRETS,
      publicUrl: receiver.url,
    });
    // The same address by another name.
    const elsewhere = { ...settings, publicUrl: receiver.url.replace('127.0.0.1', 'localhost') };
    const simulate = simulatorOf(sandbox);
    return {
      gateway: createDinteroGateway(settings, { fetch: line.fetch }),
      neighbour: createDinteroGateway(elsewhere),
      secrets: [SECRETS, WEBHOOK_SECRETS],
      credentials: [CLIENT_SECRET],
      moreThanAPage: 110,
      ...payersOf(sandbox, simulate),
      ...callbacksOf(sandbox, receiver, simulate),
      async trouble(call, trouble) {
        line.fail(call, trouble);
      },
      lockOut: () => simulate('faults', { all: { status: 401 } }),
      async close() {
        await line.close();
        await receiver.close();
        await sandbox.close();
      },
    };
  },
};

function payersOf(sandbox: SandboxClient, simulate: Simulate): Payers {
  const sessionAt = async (sessionId: string) => (await sandbox.api('GET', `/v1/sessions/${sessionId}`)).body;
  const transactionOf = async (sessionId: string): Promise<string> =>
    (await sessionAt(sessionId)).transaction_id;
  return {
    act: (sessionId, act) => simulate(`sessions/${sessionId}/pay`, { outcome: SANDBOX_OUTCOMES[act] }),
    payWrongly: (sessionId, { amountMinor: amount, currency }) =>
      simulate(`sessions/${sessionId}/pay`, { outcome: 'authorize', amount, currency }),
    async decide(sessionId, outcome) {
      const status = outcome === 'paid' ? 'AUTHORIZED' : 'FAILED';
      await simulate(`transactions/${await transactionOf(sessionId)}/change`, { status });
    },
    move: (transactionId, kind, amount) =>
      simulate(`transactions/${transactionId}/${kind}`, kind === 'void' ? {} : { amount }),
    async session(sessionId) {
      const { order, expires_at: expiresAt, url } = await sessionAt(sessionId);
      return {
        amount: order.amount / 10 ** fractionDigits(order.currency),
        currency: order.currency,
        expiresAt: new Date(expiresAt),
        returnUrl: url.return_url,
      };
    },
    holdRefunds: () => simulate('faults', { refund: { pending: true, result: 'never' } }),
    /** Dintero adds an event with the result, which has the reference of the one that was accepted. */
    async endRefund(transactionId, outcome) {
      const { body } = await sandbox.api('GET', `/v1/transactions/${transactionId}`);
      const { amount, event_reference: reference } = body.events.findLast(
        ({ event }: { event: string }) => event === 'INITIATE_REFUND',
      );
      const result = outcome === 'done' ? 'success' : 'failure';
      await simulate(`transactions/${transactionId}/refund`, { amount, refund_reference: reference, result });
    },
    dispute: () => null,
    async showUnknownStatus(sessionId) {
      const transactionId = await transactionOf(sessionId);
      const patch = { status: 'FROZEN' };
      await simulate('faults', { readTransaction: { transactionId, patch }, list: { patch } });
    },
    silence: () => simulate('faults', { callbacks: 'off' }),
  };
}
