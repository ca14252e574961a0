/** Notes of people on a payment's timeline. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Service } from '../../service.ts';
import { addNote } from '../../store/timeline.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { nameOfCaller } from '../http/audit-trail.ts';
import { defineCall } from '../http/define-call.ts';
import { text } from '../http/fields.ts';
import { paymentNamed } from '../payments/find-payment.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';
import { timelineEntry } from '../payments/payment-schemas.ts';

const noteRequest = z
  .strictObject({
    text: text(2_000).meta({ description: 'For colleagues. It must hold no data of a payer' }),
    actor: text(200)
      .optional()
      .meta({ description: "The person that writes it; the API key's name if none is given" }),
  })
  .meta({ id: 'Note' });

export const NOTE_CALLS = [
  defineCall({
    method: 'post',
    path: '/v1/payments/{id}/notes',
    operationId: 'addNote',
    access: ['support', 'money'],
    summary: "Add a note to a payment's timeline",
    description: 'It decides nothing and moves nothing.',
    params: z.object({ id: z.string().meta({ example: PAYMENT_ID }) }),
    body: jsonBody(noteRequest, {
      called: { text: 'the customer has called; they wait for the refund', actor: 'ada' },
    }),
    answers: {
      201: json('The entry of the timeline', timelineEntry, {
        note: {
          at: '2026-11-22T09:10:00.000Z',
          kind: 'operator',
          text: 'ada: the customer has called; they wait for the refund',
          data: { actor: 'ada', key: 'support' },
        },
      }),
    },
    refusals: ['not_found'],
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { text: written, actor } = await request.body();
      const { id } = await paymentNamed(db, request.params.id);
      const data = nameOfCaller(request.ctx, actor);
      const note = {
        kind: 'operator',
        text: `${data.actor}: ${written}`,
        at: new Date().toISOString(),
        data,
      } as const;
      await addNote(db, id, note, `note-${randomUUID()}`);
      return reply(201, note);
    },
  }),
];
