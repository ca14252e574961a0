/** The gateway of one order's story: the simulator, which the story makes silent or blind, or speaks for. */
import { Context } from '@temporalio/activity';
import type { Reading, TransactionStatus } from '../../src/domain/transaction.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import type { Deal, Move, Page, Psp } from '../gateways/simulator/psp.ts';
import { aSimulator, moveByHand, scripted } from './simulation.ts';

/** What a test says about the gateway of one order. */
export interface GatewayScript {
  /** Every read meets silence. */
  isDown: boolean;
  /** Sessions can't be opened: silence, or a request to wait for so long. */
  opening: 'works' | 'is silent' | 'is refused' | { readonly notBeforeMs: number };
  /** Its reads do not show the session. */
  isHidden: boolean;
  /** Its reading, instead of the PSP's. */
  says: Reading | null;
  /** When a look has read it, on the server's clock. */
  readonly reads: number[];
}

export function newScript(): GatewayScript {
  return {
    isDown: false,
    opening: 'works',
    isHidden: false,
    says: null,
    reads: [],
  };
}

/** `answered` is called once a look has its answer, before that is recorded. */
export function storyGateway(psp: Psp, script: GatewayScript, answered: () => unknown): Gateway {
  const simulator = aSimulator({}, psp);
  return scripted(simulator, {
    async createSession(request) {
      refuseToOpen(script.opening);
      return simulator.createSession(request);
    },
    async readPayment(at) {
      const isLook = Context.current().info.activityType === 'lookAtPayment';
      if (isLook) script.reads.push(Date.now());
      if (script.isDown) throw new GatewayUnavailable('read: 503', { kind: 'silent' });
      const hidden = script.isHidden ? ({ kind: 'absent' } as const) : null;
      const reading = script.says ?? hidden ?? (await simulator.readPayment(at));
      if (isLook) await answered();
      return reading;
    },
  });
}

function refuseToOpen(opening: GatewayScript['opening']): void {
  if (opening === 'works') return;
  if (opening === 'is refused') throw new GatewayRejected('amount: too small');
  if (opening === 'is silent') throw new GatewayUnavailable('create: 503', { kind: 'silent' });
  throw new GatewayUnavailable('create: 429', { kind: 'rate_limited', retryAfterMs: opening.notBeforeMs });
}

/** The PSP's word for what has happened to the payer's money, where there is no money. */
const UNPAID: Partial<Record<TransactionStatus, Parameters<Psp['pay']>[1]>> = {
  INITIATED: 'begun',
  ON_HOLD: 'pending',
  FAILED: 'failed',
  DECLINED: 'declined',
  UNCLEAR: 'UNKNOWN',
};

/** What was done with money whose transaction has this status. */
const DONE: Partial<Record<TransactionStatus, readonly Move['kind'][]>> = {
  CAPTURED: ['capture'],
  REFUNDED: ['capture', 'refund'],
  VOIDED: ['void'],
};

/** The payer, or a person at the PSP, brings the session's transaction into this status. */
export function turn(psp: Psp, page: Page, status: TransactionStatus): void {
  page.deal = null;
  const deal: Deal = psp.pay(page.id, UNPAID[status] ?? 'held');
  for (const kind of DONE[status] ?? []) moveByHand(psp, deal, kind);
}

/** The transaction is gone: the session is as it was before anything was paid. */
export function untouch(page: Page): void {
  page.deal = null;
  page.state = 'open';
}
