import { DINTERO } from '../../../src/gateways/dintero/descriptor.ts';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { signCallbackForTest } from '../../../src/gateways/dintero/signature.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { ACCOUNT, startReceiver, startSandbox, until } from '../../sandbox/sandbox-client.ts';
import { settingsFor } from '../dintero/fake-dintero.ts';
import type { PayerAct, StandKind, Trouble } from './stand.ts';

const SECRET = 'sandbox-signature-secret-0001';
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

export const DINTERO_STAND: StandKind = {
  name: 'Dintero',
  descriptor: DINTERO,
  async start() {
    const [sandbox, receiver] = [await startSandbox(), await startReceiver()];
    const credentials = { clientId: 'sandbox-client', clientSecret: 'sandbox-client-secret-0001' };
    const secrets = ['another-secret', SECRET];
    const publicUrl = receiver.url;
    const gateway = createDinteroGateway(
      settingsFor(sandbox.url, { ...credentials, signatureSecrets: secrets, publicUrl }),
    );
    const simulate = async (path: string, body: object) => {
      const { status } = await sandbox.call('POST', `/__sim/${path}`, body);
      if (status >= 300) throw new Error(`POST /__sim/${path} answered ${status}`);
    };
    const transactionOf = async (sessionId: string) => {
      const { body } = await sandbox.api('GET', `/v1/sessions/${sessionId}`);
      return body.transaction_id as string;
    };
    const about = (sessionId: string) => receiver.received.filter(({ target }) => target.includes(sessionId));
    return {
      gateway,
      secrets,
      act: (sessionId, act) => simulate(`sessions/${sessionId}/pay`, { outcome: OUTCOMES[act] }),
      async decide(sessionId, outcome) {
        const status = outcome === 'paid' ? 'AUTHORIZED' : 'FAILED';
        await simulate(`transactions/${await transactionOf(sessionId)}/change`, { status });
      },
      move: (transactionId, kind, amount) =>
        simulate(`transactions/${transactionId}/${kind}`, kind === 'void' ? {} : { amount }),
      trouble(call, trouble) {
        if (trouble === 'unreachable') return null;
        const fault = {
          drop: (
            { lost_before: 'before', lost_after: 'after' } as const satisfies Partial<Record<Trouble, string>>
          )[trouble],
          times: 1,
        };
        return simulate('faults', Object.fromEntries(CALLS[call].map((name) => [name, fault])));
      },
      lockOut: () => simulate('faults', { all: { status: 401 } }),
      async callbacks(sessionId) {
        await until(() => about(sessionId).length > 0);
        return about(sessionId).map(({ method, target, headers, body }) => ({
          method,
          target,
          headers: headers as Record<string, string>,
          body: Buffer.from(body),
          receivedAt: new Date(),
        }));
      },
      signedAt: (request, seconds) => signedAgain(request, publicUrl, seconds),
      async close() {
        await receiver.close();
        await sandbox.close();
      },
    };
  },
};

function signedAgain(request: RawRequest, publicUrl: string, seconds: number): RawRequest {
  const { method, target, headers } = request;
  const timestamp = Math.floor(Date.now() / 1_000) + seconds;
  const signed = { method, url: publicUrl + target, accountId: ACCOUNT, secret: SECRET, timestamp };
  return { ...request, headers: { ...headers, 'dintero-signature': signCallbackForTest(signed) } };
}
