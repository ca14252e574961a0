/** Deliveries as the API shows them, and the requests about them. */
import { z } from 'zod';
import type { DeliveryRow } from '../../store/deliveries.ts';
import { aGateway, aPayment, asker, timestamp } from '../http/fields.ts';
import { cursorOf, limit } from '../http/pages.ts';
import { EXAMPLE, GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';

const OUTCOMES = ['accepted', 'duplicate', 'ignored', 'refused', 'backfilled'] as const;

export const delivery = z
  .object({
    id: z.string().meta({ example: 'dlv_01a1fe5c7914050d8703a10b1862' }),
    gateway: z.string(),
    eventId: z
      .string()
      .nullable()
      .meta({ description: 'The event of the gateway; null if nothing proves it' }),
    payment: z.string().nullable(),
    outcome: z.enum(OUTCOMES).meta({
      description:
        '`backfilled`: never received by us; a backfill found the event in the list of the gateway. It has no effect, and the callback takes its place if it still comes',
    }),
    state: z.string().nullable(),
    reason: z.string().nullable(),
    claim: z.record(z.string(), z.string()),
    method: z.string(),
    target: z.string(),
    receipts: z.int().meta({ description: 'How often it was received; 0 if it was backfilled' }),
    receivedAt: timestamp.meta({ description: 'If it was backfilled, when the event happened' }),
    lastReceivedAt: timestamp,
    handledAt: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });

export const deliveriesQuery = z.strictObject({
  payment: aPayment,
  gateway: aGateway,
  outcome: z
    .enum(OUTCOMES)
    .optional()
    .meta({ examples: ['refused'] }),
  limit,
  cursor: cursorOf('dlv'),
});

export const redeliverRequest = z.strictObject(asker).meta({ id: 'Redeliver' });

/** A delivery as the log has it, without its bytes. */
export function viewDelivery(row: DeliveryRow): z.infer<typeof delivery> {
  return {
    id: row.id,
    gateway: row.gateway,
    eventId: row.eventId ?? row.backfilledEventId,
    payment: row.paymentId,
    outcome: row.outcome as z.infer<typeof delivery>['outcome'],
    state: row.state,
    reason: row.reason,
    claim: row.claim,
    method: row.method,
    target: row.target,
    receipts: row.receipts,
    receivedAt: row.receivedAt.toISOString(),
    lastReceivedAt: row.lastReceivedAt.toISOString(),
    handledAt: row.handledAt?.toISOString() ?? null,
  };
}

export const deliveryExample: z.infer<typeof delivery> = {
  id: 'dlv_01a1fe5c7914050d8703a10b1862',
  gateway: GATEWAY.id,
  eventId: '04a097d4-ea0b-410c-b758-8cf1d4d76a29',
  payment: PAYMENT_ID,
  outcome: 'accepted',
  state: 'handled',
  reason: null,
  claim: { sessionId: EXAMPLE.sessionId, transactionId: EXAMPLE.transactionId },
  method: 'GET',
  target: EXAMPLE.callbackTarget(PAYMENT_ID),
  receipts: 1,
  receivedAt: '2026-11-21T13:47:15.737Z',
  lastReceivedAt: '2026-11-21T13:47:15.737Z',
  handledAt: '2026-11-21T13:47:16.034Z',
};

export const redeliverExample: z.input<typeof redeliverRequest> = { actor: 'ada', reason: 'ticket 12' };
