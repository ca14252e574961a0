/** What is done once more by hand, as the document describes it. */
import { z } from 'zod';
import {
  attemptsQuery,
  redeliverRequest,
  resendRequest,
  resentUpdates,
  sentUpdate,
  updateAttempt,
  updatesQuery,
} from './update-requests.ts';
import { delivery, pageOf } from '../payments/payment-requests.ts';
import { json, shown } from '../http/answers.ts';
import type { Call } from '../http/define-call.ts';
import { attempt, callback, heard, pageWith, queuedAgain, runAgain, sendAgain } from './record-examples.ts';

export const REDELIVERY_CALLS: readonly Call[] = [
  {
    method: 'post',
    path: '/v1/deliveries/{id}/redeliver',
    operationId: 'redeliver',
    scopes: ['support'],
    summary: 'Run one stored callback again',
    description:
      'Its payment looks at the gateway once more, as if the callback had just come. Only for deliveries that were accepted, or duplicates ' +
      'of such: what is refused, foreign or unclear is about no payment that may be touched.',
    params: z.object({ id: delivery.shape.id }),
    body: shown(redeliverRequest, { ticket: runAgain }),
    answers: json(202, 'Durable: it will be run. The delivery, as it was', delivery, { callback }),
    refused: ['not_found', 'not_redeliverable'],
  },
  {
    method: 'get',
    path: '/v1/updates',
    operationId: 'listUpdates',
    summary: 'What the merchant was told, and what it answered',
    query: updatesQuery,
    answers: json(200, 'One page, newest first', pageOf(sentUpdate), { page: pageWith(heard) }),
  },
  {
    method: 'get',
    path: '/v1/updates/{id}/attempts',
    operationId: 'listUpdateAttempts',
    summary: 'How telling the merchant of one update went',
    description:
      '`id` is the `effectId`, percent-encoded as one segment, its slashes too: `/v1/updates/1001%2Forder.paid/attempts`. One attempt at ' +
      'a time is under way, however many ask for it; each is written down before it is sent.',
    params: z.object({ id: z.string().meta({ example: '1001/order.paid' }) }),
    query: attemptsQuery,
    answers: json(200, 'One page, newest first', pageOf(updateAttempt), { page: pageWith(attempt) }),
    refused: ['not_found'],
  },
  {
    method: 'post',
    path: '/v1/updates/redeliver',
    operationId: 'redeliverUpdate',
    scopes: ['support'],
    summary: 'Send the merchant one update now, or all that were given up or wait',
    description:
      'The same bytes with the same `webhook-id`, tried for three days from now. One that waits for its next try is sent now; so is one that ' +
      'was given up, was not wanted (410), was delivered, or had nowhere to go. Not one that the order has overtaken. With ' +
      '`{"state": "gave_up", "since": "…"}` all that were given up since then, the oldest first, 500 in one call; with `"pending"` all that were queued since then and wait for ' +
      'their next try, for a shop that is back.',
    body: shown(resendRequest, sendAgain),
    answers: json(202, 'Queued', z.union([sentUpdate, resentUpdates]), queuedAgain),
    refused: ['not_found', 'not_redeliverable'],
  },
];
