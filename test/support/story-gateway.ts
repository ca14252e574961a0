/** A gateway with the books of the model's PSP. A test makes it silent, or sets other answers. */
import { Context } from '@temporalio/activity';
import type { OperationKind } from '../../src/domain/operation.ts';
import type { Reading, TransactionStatus } from '../../src/domain/transaction.ts';
import { rulesFor } from '../../src/gateways/dintero/capabilities.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { createModelGateway, type Line } from '../model/world/gateway.ts';
import { Psp, type PspSession } from '../model/world/psp.ts';

/** What a test says about the gateway of one order. */
export interface GatewayScript {
  /** Every read meets silence. */
  isDown: boolean;
  /** Sessions can't be opened: silence, or a request to wait for so long. */
  opening: 'works' | 'is silent' | 'is refused' | { readonly notBeforeMs: number };
  /** Its reads do not show the session. */
  isHidden: boolean;
  /** Its reading, instead of that of its books. */
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

export function newBooks(): Psp {
  const product = 'bambora';
  const watch = { now: () => Date.now(), opened: () => undefined, changed: () => undefined };
  return new Psp({ product, rules: rulesFor({ paymentMethod: product }), clock: 1 }, watch);
}

/** `answered` is called once a look has its answer, before that is recorded. */
export function scriptedGateway(psp: Psp, script: GatewayScript, answered: () => unknown): Gateway {
  const books = createModelGateway(psp, wellLine(script));
  return {
    ...books,
    async createSession(request) {
      refuseToOpen(script.opening);
      return books.createSession(request);
    },
    async readPayment(at) {
      const isLook = Context.current().info.activityType === 'lookAtPayment';
      if (isLook) script.reads.push(Date.now());
      if (script.isDown) throw new GatewayUnavailable('read: 503', { kind: 'silent' });
      const reading = script.says ?? (await books.readPayment(at));
      if (isLook) await answered();
      return reading;
    },
  } satisfies Partial<Gateway> as unknown as Gateway;
}

/** Nothing is lost on the way. */
function wellLine(script: GatewayScript): Line {
  return {
    now: () => Date.now(),
    call: async (_, work) => work(),
    ofRead: () => ({ fate: script.isHidden ? 'absent' : 'fine', lagMs: 0 }),
    ofOperation: () => 'done',
    ofOpening: () => 'done',
    endLater: () => undefined,
    arriveLater: () => undefined,
    sending: () => undefined,
    cancelling: () => undefined,
    searchLagMs: 0,
    isCareless: false,
  };
}

function refuseToOpen(opening: GatewayScript['opening']): void {
  if (opening === 'works') return;
  if (opening === 'is refused') throw new GatewayRejected('amount: too small');
  if (opening === 'is silent') throw new GatewayUnavailable('create: 503', { kind: 'silent' });
  throw new GatewayUnavailable('create: 429', { kind: 'rate_limited', retryAfterMs: opening.notBeforeMs });
}

/** What was done with money whose transaction has this status. */
const DONE: Partial<Record<TransactionStatus, readonly OperationKind[]>> = {
  CAPTURED: ['capture'],
  REFUNDED: ['capture', 'refund'],
  VOIDED: ['void'],
};

/** The payer, or a person at the gateway, brings the session's transaction into this status. */
export function turn(psp: Psp, session: PspSession, status: TransactionStatus): void {
  const done = DONE[status] ?? [];
  session.ledger = null;
  psp.pay(session, done.length === 0 ? status : 'AUTHORIZED');
  for (const kind of done) psp.byHand(session, kind, session.amountMinor);
}

/** The transaction is gone: the session is as it was before anything was paid. */
export function untouch(psp: Psp, session: PspSession): void {
  session.ledger = null;
  psp.end(session, 'open');
}
