/** The keyed PSP as our activities see it. */
import { rulesFor } from '../../../src/gateways/stripe/capabilities.ts';
import { GatewayUnavailable, KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { OperationAnswer, OperationRequest, SessionRequest } from '../../../src/gateways/gateway.ts';
import {
  createModelGateway,
  foundSession,
  LOST,
  type Line,
  type ModelGateway,
  type OperationFate,
} from './gateway.ts';
import type { KeyedPsp, Opening } from './keyed-psp.ts';
import { keyedTraits } from './keyed-traits.ts';

export function createKeyedGateway(psp: KeyedPsp, line: Line): ModelGateway {
  return {
    ...createModelGateway(psp, line),
    traits: keyedTraits(),
    rulesFor,
    async createSession(request) {
      const opened = await line.call('create a session', () => openByKey(psp, line, request));
      if (opened === 'spent') throw new KeySpent('the gateway keeps its own failure');
      if (opened === 'failed') throw new GatewayUnavailable('500', { kind: 'silent' });
      return foundSession(opened);
    },
    async operate(request) {
      const what = `${request.kind} ${request.reference} by ${request.idempotencyKey}`;
      const answer = await line.call<Operated>(what, () => operate(psp, line, request), LOST);
      if (answer !== 'refused us') return answer;
      throw new GatewayUnavailable('403', { kind: 'credentials' });
    },
  };
}

/** Opens one session for each key, or keeps a failure for it. */
function openByKey(psp: KeyedPsp, line: Line, request: SessionRequest): Opening | 'spent' {
  const { paymentId, orderReference, n, money, expiresAt, idempotencyKey } = request;
  const body = JSON.stringify([money, expiresAt]);
  const kept = psp.opened.find(idempotencyKey, body, line.now());
  if (kept !== undefined) return typeof kept === 'string' ? 'spent' : kept;
  const fate = line.ofOpening();
  const key = { paymentId, orderReference, n };
  const opened =
    fate === 'kept_before' ? 'failed' : psp.open({ key, ...money, expiresAt: expiresAt.getTime() });
  const answer = fate === 'kept_after' ? 'failed' : opened;
  psp.opened.keep(idempotencyKey, { body, answer, at: line.now() });
  return answer;
}

type Operated = OperationAnswer | 'refused us';

function operate(psp: KeyedPsp, line: Line, request: OperationRequest): Operated {
  const fate = line.ofOperation(request);
  line.sending(request, psp.byTransaction(request.transactionId), fate);
  const arrive = (): OperationAnswer => onceByKey(psp, line, request, fate);
  switch (fate) {
    case 'refused_us':
      return 'refused us';
    case 'busy':
      return { kind: 'busy', reason: '409' };
    case 'lost_before':
      return LOST;
    case 'lost_and_late':
      line.arriveLater(() => void arrive());
      return LOST;
    case 'lost_after':
      arrive();
      return LOST;
    case 'busy_after':
      arrive();
      return { kind: 'busy', reason: '503, and it was done' };
    default:
      return arrive();
  }
}

const SPENT = { kind: 'lost', reason: 'it keeps another answer for this key', isKeySpent: true } as const;

/** One effect for each key, as long as the gateway keeps its answer. */
function onceByKey(
  psp: KeyedPsp,
  line: Line,
  request: OperationRequest,
  fate: OperationFate,
): OperationAnswer {
  const { idempotencyKey, kind, reference, transactionId, amountMinor, finalCapture } = request;
  const body = JSON.stringify([kind, reference, transactionId, amountMinor, finalCapture]);
  const kept = psp.operated.find(idempotencyKey, body, line.now());
  if (kept === 'other request' || kept?.kind === 'lost') {
    psp.spent.set(idempotencyKey, psp.spent.get(idempotencyKey) ?? line.now());
    return SPENT;
  }
  if (kept !== undefined) return kept;
  const answer = take(psp, line, request, fate);
  psp.operated.keep(idempotencyKey, { body, answer, at: line.now() });
  return answer;
}

const DECLINED = { kind: 'declined', reason: 'not possible' } as const;

/** Carries it out. Only refunds take time or fail afterwards. */
function take(psp: KeyedPsp, line: Line, request: OperationRequest, fate: OperationFate): OperationAnswer {
  const { kind, reference: who, amountMinor, finalCapture: isFinal = false } = request;
  const session = psp.byTransaction(request.transactionId);
  if (fate === 'kept_before') return LOST;
  const isPossible = session?.ledger?.allows(kind, amountMinor, psp.rules.rules) === true;
  const isFailing = fate === 'failed' && kind !== 'refund';
  if (!isPossible || fate === 'declined' || isFailing) return DECLINED;
  const state =
    kind !== 'refund' ? 'done' : fate === 'failed' ? 'failed' : fate === 'accepted' ? 'pending' : 'done';
  psp.book(session, { kind, who, isOurs: true, amountMinor, state, isFinal });
  if (state === 'pending') line.endLater(session, request);
  return fate === 'kept_after' ? LOST : { kind: 'answered' };
}
