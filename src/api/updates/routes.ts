import { z } from 'zod';
import type { Service } from '../../service.ts';
import { pageOfUpdates } from '../../store/lists.ts';
import { readUpdate } from '../../store/outbox.ts';
import { pageOfAttempts } from '../../store/update-attempts.ts';
import { askedBy } from '../http/audit-trail.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { pageOf, pageWith, viewPage } from '../http/pages.ts';
import { Refusal } from '../refusal.ts';
import { resend, resendAll } from './resend-updates.ts';
import { attempt, heard, queuedAgain, sendAgain } from './update-examples.ts';
import {
  attemptsQuery,
  resendRequest,
  resentUpdates,
  sentUpdate,
  updateAttempt,
  updatesQuery,
  viewAttempt,
  viewUpdate,
} from './update-view.ts';

export const UPDATE_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/updates',
    operationId: 'listUpdates',
    access: [],
    summary: 'List the updates to the merchant, with its answers',
    query: updatesQuery,
    answers: { 200: json('One page, newest first', pageOf(sentUpdate), { page: pageWith(heard) }) },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const page = await pageOfUpdates(db, request.query());
      return reply(
        200,
        viewPage(page, viewUpdate, ({ effectId }) => effectId),
      );
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/updates/{id}/attempts',
    operationId: 'listUpdateAttempts',
    access: [],
    summary: 'List the attempts to send one update',
    description:
      '`id` is the `effectId`, percent-encoded as one segment including its slashes: `/v1/updates/1001%2Forder.paid/attempts`. Only one attempt at ' +
      'a time is under way; each is stored before it is sent.',
    params: z.object({ id: z.string().meta({ example: '1001/order.paid' }) }),
    query: attemptsQuery,
    answers: { 200: json('One page, newest first', pageOf(updateAttempt), { page: pageWith(attempt) }) },
    refusals: ['not_found'],
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { id: effectId } = request.params;
      if ((await readUpdate(db, effectId)) === null)
        throw new Refusal('not_found', 'there is no such update');
      const page = await pageOfAttempts(db, effectId, request.query());
      return reply(
        200,
        viewPage(page, viewAttempt, ({ n }) => String(n)),
      );
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/updates/redeliver',
    operationId: 'redeliverUpdate',
    access: ['support'],
    audit: 'redeliver_update',
    summary: 'Send one update again now, or all that were given up or wait',
    description:
      'Sends the same bytes with the same `webhook-id`, with retries for three days from now. An update that waits for its next attempt is sent now; so is one that ' +
      'was given up, was refused (410), was delivered, or had no ORDER_WEBHOOK_URL. An update that a later one replaces is not sent. With ' +
      '`{"state": "gave_up", "since": "…"}` all that were given up since then are sent, the oldest first, 500 in one call; with `"pending"` all that were queued since then and wait for ' +
      'their next attempt, for a shop that is available again.',
    body: jsonBody(resendRequest, sendAgain),
    answers: { 202: json('Queued', z.union([sentUpdate, resentUpdates]), queuedAgain) },
    refusals: ['not_found', 'not_redeliverable'],
    async handle(request, service: Service) {
      const { effectId, state = 'gave_up', since = '', ...by } = askedBy(request.ctx, await request.body());
      const body =
        effectId === undefined
          ? await resendAll(service, { state, since, ...by })
          : viewUpdate(await resend(service, { effectId, ...by }));
      return reply(202, body);
    },
  }),
];
