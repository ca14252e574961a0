/** The entry of Temporal's bundler: every workflow, and nothing else. */
export { backfillGateway } from './backfill-gateway.ts';
export { moneyOperations } from './money-operations.ts';
export { paymentSession } from './payment-session.ts';
export { reconcileGateway } from './reconcile-gateway.ts';
export { sweepGateway } from './sweep-gateway.ts';
