/** A gateway at which each attempt of a payer is a transaction of its own, made of one with one per session. */
import type { Transaction } from '../../src/domain/transaction.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { scripted } from './simulation.ts';

/** By the id of a session: the other session whose transaction it shows as its own, too. */
export type JoinedSessions = Map<string, string>;

/** Shows the transaction of a joined session as a further one of the first session, and moves its money there. */
export function withJoinedSessions(gateway: Gateway, joined: JoinedSessions): Gateway {
  /** Which session and order each joined transaction is shown for. */
  const shownFor = new Map<string, Pick<Transaction, 'sessionId' | 'reference'>>();
  const asShown = (transaction: Transaction): Transaction => ({
    ...transaction,
    ...shownFor.get(transaction.transactionId),
  });
  return scripted(gateway, {
    async readPayment(at, options) {
      const reading = await gateway.readPayment(at, options);
      const other = joined.get(at.sessionId);
      if (other === undefined || reading.kind !== 'transaction') return reading;
      const further = await gateway.readPayment({ sessionId: other }, options);
      if (further.kind !== 'transaction') return reading;
      const { sessionId, reference } = reading.transaction;
      shownFor.set(further.transaction.transactionId, { sessionId, reference });
      return { ...reading, surplus: [asShown(further.transaction)] };
    },
    async operate(request, options) {
      const answer = await gateway.operate(request, options);
      if (answer.kind !== 'answered' || answer.transaction === undefined) return answer;
      return { ...answer, transaction: asShown(answer.transaction) };
    },
  });
}
