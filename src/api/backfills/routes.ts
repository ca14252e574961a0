import { z } from 'zod';
import type { Service } from '../../service.ts';
import { findBackfill, pageOfBackfills } from '../../store/backfills.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { nameOfCaller, noteAsked } from '../http/audit-trail.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { Refusal } from '../refusal.ts';
import { askToBackfill } from './ask-to-backfill.ts';
import {
  backfill,
  backfillExample,
  backfillRequest,
  backfillsQuery,
  begunExample,
  viewBackfill,
} from './backfill-view.ts';

type Reading = Pick<Service, 'store'>;

export const BACKFILL_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/backfills',
    operationId: 'listBackfills',
    access: [],
    summary: 'List the backfills of the delivery log',
    description: 'They are kept for 90 days.',
    query: backfillsQuery,
    answers: { 200: json('One page, newest first', pageOf(backfill), { page: pageWith(backfillExample) }) },
    async handle(request, { store }: Reading) {
      const { status: state, ...filter } = request.query();
      return reply(200, viewPage(await pageOfBackfills(store.db, { ...filter, state }), viewBackfill, idOf));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/backfills',
    operationId: 'startBackfill',
    access: ['support'],
    audit: 'backfill',
    summary: "Fill the delivery log from the gateway's own list of events",
    description:
      'For callbacks from before the installation, or that never arrived. It only writes rows (`backfilled`): no payment changes, and a callback ' +
      'that still comes is processed as ever. Only one backfill runs at a gateway at a time. `eventHistory` of `GET /v1/gateways` says how far back it can read.',
    body: jsonBody(backfillRequest, {
      'the last 30 days': { gateway: backfillExample.gateway },
      'since a time': { gateway: backfillExample.gateway, since: '2026-11-01T00:00:00Z' },
    }),
    answers: { 202: json('It has begun', backfill, { begun: begunExample }) },
    refusals: ['not_supported', 'backfill_running'],
    async handle(request, service: Service) {
      const asked = await request.body();
      noteAsked(request.ctx, asked);
      return reply(202, viewBackfill(await askToBackfill(service, asked, nameOfCaller(request.ctx).actor)));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/backfills/{id}',
    operationId: 'getBackfill',
    access: [],
    summary: 'Show a backfill and its counts so far',
    params: z.object({ id: backfill.shape.id }),
    answers: { 200: json('The backfill', backfill, { complete: backfillExample }) },
    refusals: ['not_found'],
    async handle(request, { store }: Reading) {
      const found = await findBackfill(store.db, request.params.id);
      if (found === null) throw new Refusal('not_found', 'there is no such backfill');
      return reply(200, viewBackfill(found));
    },
  }),
];
