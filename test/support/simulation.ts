/** The simulator as the gateway of a test, and the one way to dictate single answers of a gateway. */
import { randomUUID } from 'node:crypto';
import type { Money } from '../../src/domain/money.ts';
import type { PaymentKey } from '../../src/domain/payment.ts';
import type { Reading, Transaction } from '../../src/domain/transaction.ts';
import { DINTERO_TRAITS, rulesFor } from '../../src/gateways/dintero/capabilities.ts';
import type { Gateway, OperationAnswer, OperationRequest } from '../../src/gateways/gateway.ts';
import type { Traits } from '../../src/gateways/traits.ts';
import { createSimulatorGateway } from '../gateways/simulator/gateway.ts';
import { Psp, type Deal, type Move, type Page } from '../gateways/simulator/psp.ts';

/** The gateway with these members instead of its own. A getter is asked again each time. */
export function scripted(gateway: Gateway, members: Partial<Gateway>): Gateway {
  return Object.defineProperties({ ...gateway }, Object.getOwnPropertyDescriptors(members));
}

const LIKE_DINTERO = { closes: 'uncaptured', takesKeys: false } as const;

/**
 * The builders' payments are Dintero's, so the simulator has its name, its traits and its rules here, closes a
 * session as Dintero does, and takes no keys.
 */
export function aSimulator(members: Partial<Gateway> = {}, psp = new Psp('secret')): Gateway {
  Object.assign(psp, LIKE_DINTERO);
  const simulator = createSimulatorGateway(psp, []);
  return scripted(scripted(simulator, { id: 'dintero', traits: DINTERO_TRAITS, rulesFor }), members);
}

/** A session of this payment that our store does not know. */
export async function openUnknown(psp: Psp, key: PaymentKey, money: Money): Promise<Page> {
  const { sessionId } = await aSimulator({}, psp).createSession({
    ...key,
    money,
    lines: [],
    returnKey: 'k',
    capture: 'manual',
    idempotencyKey: randomUUID(),
    expiresAt: new Date(Date.now() + 4 * 3_600_000),
  });
  return psp.page(sessionId);
}

/** A person at the PSP moves all the money of a deal. @throws Error where the PSP refuses */
export function moveByHand(psp: Psp, { id, minor }: Deal, kind: Move['kind']): void {
  const answer = psp.call({ path: 'move', key: randomUUID(), id, kind, minor, reference: 'by-hand' });
  if (answer === null || answer === 'unreachable' || answer.status !== 200)
    throw new Error(`the PSP refuses to ${kind} ${minor} of ${id}`);
}

/** What a test dictates. */
interface Script {
  /** Every reading; null: the PSP's own. */
  says: Reading | null;
  /** Every answer to an operation; null: the PSP's own. */
  operate: ((request: OperationRequest) => Promise<OperationAnswer>) | null;
  /** Runs after a read has called the PSP and before it has the answer. */
  meanwhile: () => unknown;
  /** Runs before the PSP closes a session. */
  close: () => unknown;
  /** What differs from Dintero's. */
  traits: Partial<Traits>;
}

/** The simulator of a file of tests, with its calls in their order. */
export interface Simulation extends Script {
  readonly psp: Psp;
  readonly gateway: Gateway;
  readonly asked: Parameters<Gateway['readPayment']>[0][];
  readonly sent: OperationRequest[];
  readonly closed: string[];
  /** The payer pays, or a payment that is not decided ends. */
  pay(payment: Opened, word: Parameters<Psp['pay']>[1]): void;
  /** The money of a session in the PSP's books. @throws Error where there is none */
  dealOf(payment: Opened): Deal;
  /** What the PSP shows of a payment that was begun; it is not one of the calls. */
  transactionOf(payment: Opened): Promise<Transaction>;
  /** From now on the PSP's transaction with these differences is every reading. */
  show(payment: Opened, changes: Partial<Transaction>): Promise<Transaction>;
  /** No calls, no faults, and nothing dictated. What has happened at the PSP stays. */
  beginAgain(): void;
}

interface Opened {
  readonly sessionId: string | null;
}

function newScript(): Script {
  const nothing = () => undefined;
  return { says: null, operate: null, meanwhile: nothing, close: nothing, traits: {} };
}

export function aSimulation(): Simulation {
  const psp = new Psp('secret');
  const simulator = aSimulator({}, psp);
  const noted = { asked: [], sent: [], closed: [] } as Pick<Simulation, 'asked' | 'sent' | 'closed'>;
  const at = Object.assign(noted, newScript());
  const gateway = scripted(simulator, {
    get traits() {
      return { ...DINTERO_TRAITS, ...at.traits };
    },
    async readPayment(about) {
      at.asked.push(about);
      await at.meanwhile();
      return at.says ?? simulator.readPayment(about);
    },
    async operate(request) {
      at.sent.push(request);
      return at.operate === null ? simulator.operate(request) : at.operate(request);
    },
    async cancelSession(sessionId) {
      at.closed.push(sessionId);
      await at.close();
      return simulator.cancelSession(sessionId);
    },
  });
  const transactionOf = async ({ sessionId }: Opened) => {
    const reading = await simulator.readPayment({ sessionId: sessionId ?? '' });
    if (reading.kind !== 'transaction') throw new Error(`the PSP shows no transaction, but ${reading.kind}`);
    return reading.transaction;
  };
  return Object.assign(at, {
    psp,
    gateway,
    pay: ({ sessionId }: Opened, word: Parameters<Psp['pay']>[1]) => void psp.pay(sessionId ?? '', word),
    dealOf({ sessionId }: Opened) {
      const { deal } = psp.page(sessionId ?? '');
      if (deal === null) throw new Error(`nothing was paid in ${sessionId}`);
      return deal;
    },
    transactionOf,
    async show(payment: Opened, changes: Partial<Transaction>) {
      const transaction = { ...(await transactionOf(payment)), ...changes };
      at.says = { kind: 'transaction', transaction };
      return transaction;
    },
    beginAgain() {
      at.asked.length = at.sent.length = at.closed.length = psp.faults.length = 0;
      Object.assign(psp, LIKE_DINTERO);
      Object.assign(at, newScript());
    },
  });
}
