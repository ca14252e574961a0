import { createHmac } from 'node:crypto';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { createSimulatorGateway } from '../simulator/gateway.ts';
import { Psp, type Fault } from '../simulator/psp.ts';
import type { StandKind } from './stand.ts';

const SECRETS = ['newest-secret', 'older-secret'];

export const SIMULATOR_STAND: StandKind = {
  name: 'simulator',
  descriptor: null,
  async start() {
    const psp = new Psp('newest-secret');
    const gateway = createSimulatorGateway(psp, SECRETS);
    const fail = async (fault: Fault, times = 1) => void psp.faults.push(...Array<Fault>(times).fill(fault));
    return {
      gateway,
      secrets: SECRETS,
      async act(sessionId, act) {
        if (act === 'leave') psp.page(sessionId).state = 'cancelled';
        else psp.pay(sessionId, ({ pay: 'held', hold: 'pending', fail: 'failed' } as const)[act]);
      },
      decide: async (sessionId, outcome) => void psp.pay(sessionId, outcome === 'paid' ? 'held' : 'failed'),
      async move(id, kind, minor) {
        psp.call({ path: 'move', key: `desk-${Math.random()}`, id, kind, minor, reference: 'by-hand' });
      },
      trouble: (_, trouble) => fail(trouble),
      lockOut: () => fail('unauthorized', 20),
      async callbacks(sessionId) {
        return psp.messages
          .filter(({ page }) => page === sessionId)
          .map(({ body, signature }) => requestOf(body, signature));
      },
      signedAt({ body }, seconds) {
        const time = Math.floor(Date.now() / 1_000) + seconds;
        const digest = createHmac('sha256', 'newest-secret')
          .update(`${time}.${body.toString()}`)
          .digest('hex');
        return requestOf(body.toString(), `${time}.${digest}`);
      },
      close: async () => undefined,
    };
  },
};

function requestOf(body: string, signature: string): RawRequest {
  return {
    method: 'POST',
    target: '/callbacks/simulator',
    headers: { 'simulator-signature': signature, 'content-type': 'application/json' },
    body: Buffer.from(body),
    receivedAt: new Date(),
  };
}
