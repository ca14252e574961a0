/** What needs somebody, and what people write on it. */
import type { Service } from '../../service.ts';
import { writeMark } from '../../store/attention.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { nameOfCaller, noteAsked } from '../http/audit-trail.ts';
import { defineCall } from '../http/define-call.ts';
import {
  attentionAnswer,
  attentionExample,
  attentionMark,
  attentionQuery,
  markExample,
  markRequest,
  viewAttention,
  viewMark,
} from './attention-view.ts';
import type { createAttention } from './find-attention.ts';

export interface AttentionTools {
  readonly findAttention: ReturnType<typeof createAttention>;
}

export const ATTENTION_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/attention',
    operationId: 'listAttention',
    access: [],
    summary: 'List everything that needs somebody',
    description:
      'Payments in REVIEW, updates that the merchant has not got, operations, callbacks and sessions that wait too long, authorizations that lapse, runs that stand still, ' +
      'sweeps that are overdue, and differences of the last reconciliation: what is urgent first, then the oldest. At most fifty of each kind.',
    query: attentionQuery,
    answers: { 200: json('What needs somebody now', attentionAnswer, { review: attentionExample }) },
    async handle(request, { findAttention }: AttentionTools) {
      return reply(
        200,
        viewAttention(await findAttention({ isSnoozedToo: request.query().snoozed === 'true' })),
      );
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/attention/mark',
    operationId: 'markAttention',
    access: ['support', 'money'],
    audit: 'mark_attention',
    summary: 'Claim, put off, or write a note on what needs somebody',
    description: 'It moves no money and decides nothing: the item stays until its cause ends.',
    body: jsonBody(markRequest, {
      claim: { item: `${attentionExample.data[0]?.id}`, owner: 'ada', actor: 'ada' },
      snooze: { item: `${attentionExample.data[0]?.id}`, snoozeUntil: '2026-11-22T12:00:00.000Z' },
    }),
    answers: { 200: json('The mark as it is now', attentionMark, { mark: markExample }) },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const asked = await request.body();
      noteAsked(request.ctx, asked);
      const { snoozeUntil, actor, ...mark } = asked;
      const snoozedUntil = typeof snoozeUntil === 'string' ? new Date(snoozeUntil) : snoozeUntil;
      const caller = nameOfCaller(request.ctx, actor);
      return reply(200, viewMark(await writeMark(db, { ...mark, snoozedUntil, ...caller })));
    },
  }),
];
