/** `@paidonce/client`: the calls of paidonce's API, its errors, and the verification of order updates. */
export { createClient, type ClientOptions, type PaidonceClient } from './client.ts';
export { PaidonceConnectionError, PaidonceError, type FieldProblem } from './errors.ts';
export type {
  Gateway,
  NewCapture,
  NewPayment,
  NewRefund,
  NewVoid,
  OpenedPayment,
  Operation,
  Order,
  OrderStatus,
  Payment,
  PaymentStatus,
  PaymentWithTimeline,
  Problem,
} from './schemas.ts';
export {
  isKnownUpdate,
  UpdateVerificationError,
  verifyUpdate,
  type KnownUpdate,
  type OrderUpdate,
  type UnknownUpdate,
  type UpdateHeaders,
  type UpdateType,
} from './updates.ts';
