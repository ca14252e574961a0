/** What Temporal's bundler is given: every workflow, and nothing else. */
export { paymentSession } from './payment-session.ts';
export { sweepGateway } from './sweep-gateway.ts';
