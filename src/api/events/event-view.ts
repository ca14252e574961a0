/** Events of the stream as the API shows them: contract §9. */
import { z } from 'zod';
import type { StoredEvent } from '../../store/events.ts';
import { timestamp } from '../http/fields.ts';
import { inMoney } from '../payments/amounts-in-text.ts';
import { GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';

export const streamEvent = z
  .object({
    at: timestamp,
    kind: z.string().meta({
      description:
        'The kinds of a timeline (`delivery`, `return`, `poll`, `sweep`, `read`, `decision`, `operation`, `update`, `operator`), or `refused` for a callback that was refused',
    }),
    text: z.string().meta({ description: 'For people' }),
    payment: z.string().nullable(),
    orderReference: z.string().nullable(),
    gateway: z.string().nullable(),
    status: z.string().nullable().meta({ description: 'Of the payment, when the event was read' }),
    orderStatus: z.string().nullable(),
  })
  .meta({ id: 'StreamEvent' });

export function viewEvent({
  at,
  kind,
  text,
  currency,
  paymentId,
  ...event
}: StoredEvent): z.infer<typeof streamEvent> {
  const { orderReference, gateway, status, orderStatus } = event;
  return {
    at: new Date(at).toISOString(),
    kind,
    text: currency === null || kind === 'operator' || kind === 'update' ? text : inMoney(text, currency),
    payment: paymentId,
    orderReference,
    gateway,
    status,
    orderStatus,
  };
}

const example: z.infer<typeof streamEvent> = {
  at: '2026-11-21T13:47:16.034Z',
  kind: 'decision',
  text: 'AUTHORIZED: the order is paid',
  payment: PAYMENT_ID,
  orderReference: '1001',
  gateway: GATEWAY.id,
  status: 'AUTHORIZED',
  orderStatus: 'PAID',
};

export const STREAM_EXAMPLE = `id: 4711\ndata: ${JSON.stringify(example)}\n\n`;
