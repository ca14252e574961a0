import { z } from 'zod';
import type { Service } from '../../service.ts';
import { inBounds } from '../../store/bounded.ts';
import { pageOfUpdates } from '../../store/lists.ts';
import { readUpdate } from '../../store/outbox.ts';
import { pageOfAttempts } from '../../store/update-attempts.ts';
import { askedBy } from '../http/audit-trail.ts';
import { json, jsonBody, list, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { pageOf, pageWith, viewPage } from '../http/pages.ts';
import { csvExample, wholeList } from '../http/whole-list.ts';
import { Refusal } from '../refusal.ts';
import { resend, resendAll } from './resend-updates.ts';
import { endpointExample, endpointView, viewEndpoint, type EndpointReader } from './endpoint-view.ts';
import { UPDATE_COLUMNS } from './update-columns.ts';
import { attempts, heard, queuedAgain, sendAgain } from './update-examples.ts';
import {
  attemptsQuery,
  resendRequest,
  resentUpdates,
  sentUpdate,
  updateAttempts,
  updatesQuery,
  viewAttempt,
  viewUpdate,
} from './update-view.ts';

export type UpdateTools = Pick<Service, 'config'> & { readonly readEndpoint: EndpointReader };

export const UPDATE_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/updates',
    operationId: 'listUpdates',
    access: [],
    summary: 'List the updates to the merchant, with its answers',
    query: updatesQuery,
    answers: {
      200: list(
        'One page, newest first, or the whole list',
        pageOf(sentUpdate),
        { page: pageWith(heard) },
        csvExample(UPDATE_COLUMNS, heard),
      ),
    },
    refusals: ['too_many_rows'],
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { format, ...filter } = request.query();
      const read = async (page: Partial<typeof filter>) =>
        viewPage(
          await inBounds(db, (tx) => pageOfUpdates(tx, { ...filter, ...page })),
          viewUpdate,
          ({ effectId }) => effectId,
        );
      if (format === undefined) return reply(200, await read({}));
      return wholeList({ name: 'updates', columns: UPDATE_COLUMNS, read }, { format, cursor: filter.cursor });
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
    answers: { 200: json('One page, newest first', updateAttempts, { page: attempts }) },
    refusals: ['not_found'],
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { id: effectId } = request.params;
      const update = await readUpdate(db, effectId);
      if (update === null) throw new Refusal('not_found', 'there is no such update');
      const page = await pageOfAttempts(db, effectId, request.query());
      const { state, nextAttemptAt } = viewUpdate(update);
      return reply(200, { ...viewPage(page, viewAttempt, ({ n }) => String(n)), state, nextAttemptAt });
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/updates/endpoint',
    operationId: 'getMerchantEndpoint',
    access: [],
    summary: "Get how the merchant's endpoint has answered",
    description: 'The figures are at most five seconds old.',
    answers: { 200: json('The endpoint', endpointView, { endpoint: endpointExample }) },
    async handle(_request, { config, readEndpoint }: UpdateTools) {
      return reply(200, viewEndpoint(config.ORDER_WEBHOOK_URL, await readEndpoint()));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/updates/redeliver',
    operationId: 'redeliverUpdate',
    access: ['support'],
    audit: 'redeliver_update',
    summary: 'Send one update again now, or all that match a filter',
    description:
      'Sends the same bytes with the same `webhook-id`, with retries for three days from now. An update that waits for its next attempt is sent now; so is one that ' +
      'was given up, was refused (410), was delivered, or had no ORDER_WEBHOOK_URL. An update that a later one replaces is not sent. With ' +
      '`{"state": "gave_up", "since": "…"}` all that were given up since then are sent, the oldest first, 500 in one call, and with `"gone"` those that were refused; with `"pending"` all that were queued since then and wait for ' +
      'their next attempt, for a shop that is available again. `until`, `type`, `order` and `minAttempts` narrow that down.',
    body: jsonBody(resendRequest, sendAgain),
    answers: { 202: json('Queued', z.union([sentUpdate, resentUpdates]), queuedAgain) },
    refusals: ['not_found', 'not_redeliverable'],
    async handle(request, service: Service) {
      const { effectId, attempts, actor, key, reason, ...filter } = askedBy(
        request.ctx,
        await request.body(),
      );
      const by = { actor, key, reason };
      const body =
        effectId === undefined
          ? await resendAll(service, filter, by)
          : viewUpdate(await resend(service, { effectId, attempts, ...by }));
      return reply(202, body);
    },
  }),
];
