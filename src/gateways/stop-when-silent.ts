/**
 * Stops a gateway's calls about payments while they meet only silence. Listings are not stopped: they are
 * few, and not about one payment.
 */
import { Breakers, type BreakerEvents } from './breaker.ts';
import type { Gateway } from './gateway.ts';

/** The same gateway with a breaker for each call. */
export function stopWhenSilent(gateway: Gateway, events: BreakerEvents, now?: () => number): Gateway {
  const breakers = new Breakers(gateway.id, events, now);
  return {
    ...gateway,
    createSession: (request, options) =>
      breakers.watch('createSession', request.paymentId, () => gateway.createSession(request, options)),
    findSessions: (key, since, options) =>
      breakers.watch('findSessions', key.paymentId, () => gateway.findSessions(key, since, options)),
    readSession: (sessionId, options) =>
      breakers.watch('readSession', sessionId, () => gateway.readSession(sessionId, options)),
    readPayment: (at, options) =>
      breakers.watch('readPayment', at.sessionId, () => gateway.readPayment(at, options)),
    cancelSession: (sessionId, options) =>
      breakers.watch('cancelSession', sessionId, () => gateway.cancelSession(sessionId, options)),
    operate: (request, options) =>
      breakers.observe(
        'operate',
        request.transactionId,
        () => gateway.operate(request, options),
        ({ kind }) => kind === 'lost',
      ),
    // `operate` itself does not check again.
    expectToOperate: () => breakers.expectAnswers('operate'),
  };
}
