/** Deliveries as the API shows them, and the requests about them. */
import { z } from 'zod';
import { CLUE_CODES, clueInWords, type Clue } from '../../domain/refusal-clue.ts';
import type { DeliveryRow } from '../../store/deliveries.ts';
import { aGateway, aPayment, aReason, asker, reference, since1970, timestamp } from '../http/fields.ts';
import { cursorOf, fileFormat, limit } from '../http/pages.ts';
import { EXAMPLE, GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';

const OUTCOMES = ['accepted', 'duplicate', 'ignored', 'refused', 'backfilled'] as const;

const clue = z
  .object({
    code: z.enum(CLUE_CODES),
    text: z.string().meta({ description: 'What was found, in words' }),
    todo: z.string().meta({ description: 'What to do about it' }),
    what: z.string().optional().meta({
      description:
        'The value with which the signature matches: a host, a path, the name of a parameter, a form of the body. Cleaned and cut',
    }),
    secret: z
      .object({ variable: z.string(), place: z.int(), fingerprint: z.string() })
      .optional()
      .meta({ description: 'The secret that matches, by its place (0 is the newest) and fingerprint' }),
    seconds: z
      .int()
      .optional()
      .meta({ description: 'How old the signature is; negative if it is from the future' }),
    clock: z.enum(['ours', 'right', 'unknown']).optional().meta({
      description: 'Whose clock is wrong, by the last answer of the gateway: `ours`, or ours is `right`',
    }),
  })
  .meta({ id: 'Clue' });

export const delivery = z
  .object({
    id: z.string().meta({ example: 'dlv_01a1fe5c7914050d8703a10b1862' }),
    gateway: z.string(),
    eventId: z
      .string()
      .nullable()
      .meta({ description: 'The event of the gateway; null if nothing proves it' }),
    payment: z.string().nullable(),
    orderReference: z.string().nullable(),
    outcome: z.enum(OUTCOMES).meta({
      description:
        '`backfilled`: never received by us; a backfill found the event in the list of the gateway. It has no effect, and the callback takes its place if it still comes',
    }),
    state: z.string().nullable(),
    reason: z.string().nullable(),
    clues: z.array(clue).meta({
      description:
        'Why the signature of a refused or stale callback does not match: the one change with which it would. Codes that prove something ' +
        'were found by verifying the changed callback; `no_match`: nothing that was tried matches. Empty where nothing was wrong, and in rows of older versions',
    }),
    claim: z.record(z.string(), z.string()),
    method: z.string(),
    target: z.string(),
    receipts: z.int().meta({ description: 'How often it was received; 0 if it was backfilled' }),
    receivedAt: timestamp.meta({ description: 'If it was backfilled, when the event happened' }),
    lastReceivedAt: timestamp,
    handledAt: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });

/** One delivery, with all that is kept of it but its bytes. */
export const deliveryInFull = delivery
  .extend({
    headers: z.record(z.string(), z.string()).meta({
      description: 'As they were received; of headers that may have a secret or a person only the names',
    }),
    query: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .meta({ description: 'The query of `target`, decoded, in the order of the address' }),
    bodyBytes: z.int().meta({ description: 'How much of the body is kept. It is shown nowhere' }),
    secret: z.string().nullable().meta({
      description:
        'The fingerprint of the secret that signed it, as `GET /v1/health` has it; null if none did',
    }),
    handledAfterMs: z.int().nullable().meta({
      description: 'From its first receipt until a run had handled it; null if it is not, or needs no run',
    }),
  })
  .meta({ id: 'DeliveryInFull' });

const STATES = ['received', 'signalled', 'handled', 'parked'] as const;

export const deliveriesQuery = z.strictObject({
  payment: aPayment,
  order: reference.optional(),
  gateway: aGateway,
  outcome: z
    .enum(OUTCOMES)
    .optional()
    .meta({ examples: ['refused'] }),
  state: z
    .enum(STATES)
    .optional()
    .meta({
      description:
        '`received`: its run has not been signalled. `signalled`: its run has not handled it. `parked`: it names a transaction that no payment has yet',
      examples: ['received'],
    }),
  reason: aReason('wrong_signature'),
  receivedAfter: since1970.optional(),
  receivedBefore: since1970.optional(),
  limit,
  cursor: cursorOf('dlv'),
  format: fileFormat,
});

export const redeliverRequest = z.strictObject(asker).meta({ id: 'Redeliver' });

/** A delivery as the log has it, without its bytes. */
export function viewDelivery(row: DeliveryRow): z.infer<typeof delivery> {
  return {
    id: row.id,
    gateway: row.gateway,
    eventId: row.eventId ?? row.backfilledEventId,
    payment: row.paymentId,
    orderReference: row.orderReference,
    outcome: row.outcome as z.infer<typeof delivery>['outcome'],
    state: row.state,
    reason: row.reason,
    clues: (row.clues ?? []).map(viewClue),
    claim: row.claim,
    method: row.method,
    target: row.target,
    receipts: row.receipts,
    receivedAt: row.receivedAt.toISOString(),
    lastReceivedAt: row.lastReceivedAt.toISOString(),
    handledAt: row.handledAt?.toISOString() ?? null,
  };
}

/** The same in full. */
export function viewDeliveryInFull(row: DeliveryRow): z.infer<typeof deliveryInFull> {
  const { headers, body, secret, handledAt, receivedAt, backfilledEventId } = row;
  const isReceived = handledAt !== null && backfilledEventId === null;
  return {
    ...viewDelivery(row),
    headers,
    query: queryOf(row.target),
    bodyBytes: body.length,
    secret,
    handledAfterMs: isReceived ? Math.max(0, handledAt.getTime() - receivedAt.getTime()) : null,
  };
}

/** A refused target may be cut, and may be anything. */
function queryOf(target: string): { name: string; value: string }[] {
  const at = target.indexOf('?');
  if (at === -1) return [];
  return [...new URLSearchParams(target.slice(at + 1))].map(([name, value]) => ({ name, value }));
}

function viewClue(found: Clue): z.infer<typeof clue> {
  return { ...found, ...clueInWords(found) };
}

const NAMED_SECRET = {
  variable: `${GATEWAY.variables.prefix}_SIGNATURE_SECRETS`,
  place: 0,
  fingerprint: '3ab75fd5',
};

export const deliveryExample: z.infer<typeof delivery> = {
  id: 'dlv_01a1fe5c7914050d8703a10b1862',
  gateway: GATEWAY.id,
  eventId: '04a097d4-ea0b-410c-b758-8cf1d4d76a29',
  payment: PAYMENT_ID,
  orderReference: '1001',
  outcome: 'accepted',
  state: 'handled',
  reason: null,
  clues: [],
  claim: { sessionId: EXAMPLE.sessionId, transactionId: EXAMPLE.transactionId },
  method: 'GET',
  target: EXAMPLE.callbackTarget(PAYMENT_ID),
  receipts: 1,
  receivedAt: '2026-11-21T13:47:15.737Z',
  lastReceivedAt: '2026-11-21T13:47:15.737Z',
  handledAt: '2026-11-21T13:47:16.034Z',
};

export const inFullExample: z.infer<typeof deliveryInFull> = {
  ...deliveryExample,
  headers: { host: 'pay.shop.example', 'user-agent': 'gateway/1.0', 'x-forwarded-for': '[redacted]' },
  query: queryOf(deliveryExample.target),
  bodyBytes: 0,
  secret: '89538dbb',
  handledAfterMs: 297,
};

export const refusedExample: z.infer<typeof delivery> = {
  ...deliveryExample,
  id: 'dlv_01a1fe5c7914050d8703a10b1863',
  eventId: null,
  outcome: 'refused',
  state: null,
  reason: 'wrong_signature',
  clues: [viewClue({ code: 'other_host', what: 'pay2.shop.example', secret: NAMED_SECRET })],
  handledAt: null,
};

export const redeliverExample: z.input<typeof redeliverRequest> = { actor: 'ada', reason: 'ticket 12' };
