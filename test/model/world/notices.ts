/** What the webhooks of the keyed PSP say: each tells a fact, with our key, or with the PSP's names alone. */
import type { Claim } from '../../../src/domain/callback.ts';
import { factsIn, type Fact } from './keyed-ledger.ts';
import { isFurther, ledgerOf } from './keyed-psp.ts';
import type { PspSession } from './psp.ts';

export interface Notice {
  readonly claim: Claim;
  /** It has no key of ours, so its session or its transaction identifies the payment. */
  readonly isKeyless: boolean;
  /** Equal for notices of one fact. Null for one that says nothing. */
  readonly says: string | null;
}

/** The facts that no notice has told yet. `told` is changed. A refusal of the payer's bank is told each time. */
export function newFacts(session: PspSession, event: string, told: Set<string>): Fact[] {
  const facts = factsOf(session).filter(({ name }) => !told.has(name));
  for (const { name } of facts) told.add(name);
  return event === 'DECLINED' && !isFurther(session) ? [...facts, REFUSED] : facts;
}

/** A further transaction tells nothing about its session. */
function factsOf(session: PspSession): Fact[] {
  const ledger = ledgerOf(session);
  const facts = ledger === undefined ? [] : factsIn(ledger);
  if (isFurther(session)) return facts.filter(({ object }) => object !== 'session');
  return session.state === 'expired' ? [EXPIRED, ...facts] : facts;
}

const EXPIRED: Fact = { object: 'session', name: 'session:expired' };
const REFUSED: Fact = { object: 'payment', name: 'failed', error: 'card_declined' };

/** `isThin`: it names its object and says nothing about it. Only some objects can be recognized by that. */
export function noticeOf({ id, ledger }: PspSession, fact: Fact, isThin: boolean): Notice {
  const { object, name: eventRef, error } = fact;
  const [sessionId, transactionId] = [id, ledger?.is.id];
  const names = {
    ...(object === 'session' && { sessionId }),
    ...(transactionId !== undefined && { transactionId }),
  };
  const event = `${object}.changed`;
  if (isThin && (object === 'session' || object === 'payment'))
    return {
      claim: { event, ...(object === 'session' ? { sessionId } : names) },
      isKeyless: true,
      says: null,
    };
  return {
    claim: { ...names, event, eventRef, ...(error !== undefined && { error }) },
    isKeyless: object === 'refund' || object === 'dispute',
    says: `${transactionId ?? sessionId} ${eventRef}`,
  };
}
