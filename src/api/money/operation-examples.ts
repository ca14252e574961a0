/** The operations of order 1001 that the OpenAPI document shows: a capture, a refund and a void. */
import type { z } from 'zod';
import type { captureRequest, refundRequest, voidRequest } from './operation-requests.ts';
import type { operation, operationOfOrder, operationWithPayment } from './operation-view.ts';
import { authorized, captured, GATEWAY, PAYMENT_ID, refunded, voided } from '../payments/payment-examples.ts';

type Operation = z.infer<typeof operation>;
type Shown = z.infer<typeof operationWithPayment>;

export const capture: z.input<typeof captureRequest> = {
  amount: 68300,
  reference: 'parcel-1',
  items: [{ lineId: '1', amount: 68300, quantity: 2 }],
  finalCapture: false,
  reason: 'the chairs are sent',
};

export const refund: z.input<typeof refundRequest> = {
  amount: 34150,
  reference: 'return-1',
  items: [{ lineId: '1', amount: 34150, quantity: 1 }],
  reason: 'one chair came back',
};

export const release: z.input<typeof voidRequest> = {
  reference: 'void-1',
  reason: 'the order was called off',
};

const begun: Operation = {
  id: 'op_01a201c0f918230ca53b24968cf0',
  kind: 'capture',
  reference: 'parcel-1',
  transactionId: authorized.transactionId,
  status: 'pending',
  amount: 68300,
  currency: 'NOK',
  finalCapture: false,
  reason: 'the chairs are sent',
  cause: 'merchant',
  key: 'webshop',
  createdAt: '2026-11-22T09:00:00.696Z',
  finishedAt: null,
};

export const done: Operation = { ...begun, status: 'done', finishedAt: '2026-11-22T09:00:01.110Z' };

const back: Operation = {
  ...begun,
  id: 'op_01a211d103236bb707e7ee6d5e0a',
  kind: 'refund',
  reference: 'return-1',
  amount: 34150,
  reason: 'one chair came back',
  createdAt: '2026-11-25T10:30:00.268Z',
};

const letGo: Operation = {
  ...begun,
  id: 'op_01a201c0eeae050140bbff944a3d',
  kind: 'void',
  reference: 'void-1',
  amount: 72200,
  reason: 'the order was called off',
  createdAt: '2026-11-22T09:00:00.583Z',
};

/** An operation that is done and one under way, by kind. */
export const SHOWN = {
  capture: [
    { ...done, payment: captured },
    { ...begun, payment: authorized },
  ],
  refund: [
    { ...back, status: 'done', finishedAt: '2026-11-25T10:30:00.617Z', payment: refunded },
    { ...back, payment: captured },
  ],
  void: [
    { ...letGo, status: 'done', finishedAt: '2026-11-22T09:00:00.734Z', payment: voided },
    { ...letGo, payment: authorized },
  ],
} as const satisfies Record<string, readonly [Shown, Shown]>;

export const ofOrder: z.infer<typeof operationOfOrder> = {
  ...done,
  payment: PAYMENT_ID,
  orderReference: '1001',
  gateway: GATEWAY.id,
  sentAt: '2026-11-22T09:00:00.912Z',
  endsBy: null,
};
