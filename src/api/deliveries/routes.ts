import { z } from 'zod';
import type { Service } from '../../service.ts';
import { inBounds } from '../../store/bounded.ts';
import { listDeliveries } from '../../store/lists.ts';
import { findDelivery } from '../../store/redelivery.ts';
import { askedBy } from '../http/audit-trail.ts';
import { json, jsonBody, list, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { csvExample, wholeList } from '../http/whole-list.ts';
import { isId } from '../payments/find-payment.ts';
import { Refusal } from '../refusal.ts';
import { DELIVERY_COLUMNS } from './delivery-columns.ts';
import {
  deliveriesQuery,
  delivery,
  deliveryExample,
  deliveryInFull,
  inFullExample,
  redeliverExample,
  refusedExample,
  redeliverRequest,
  viewDelivery,
  viewDeliveryInFull,
} from './delivery-view.ts';
import { redeliver } from './redeliver-callback.ts';

export const DELIVERY_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
    access: [],
    summary: 'List the delivery log: every callback, accepted, refused or backfilled',
    description:
      'A refused callback has `clues`: the secret, host, path, parameter or body with which its signature would have matched. They are found when ' +
      'it is received, since the log keeps no signature, and for a few callbacks a second at most.',
    query: deliveriesQuery,
    answers: {
      200: list(
        'One page, or the whole list',
        pageOf(delivery),
        {
          page: pageWith(deliveryExample),
          refused: pageWith(refusedExample),
        },
        csvExample(DELIVERY_COLUMNS, deliveryExample),
      ),
    },
    refusals: ['too_many_rows'],
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      const { format, ...filter } = request.query();
      const read = async (page: Partial<typeof filter>) =>
        viewPage(await inBounds(db, (tx) => listDeliveries(tx, { ...filter, ...page })), viewDelivery, idOf);
      if (format === undefined) return reply(200, await read({}));
      return wholeList(
        { name: 'callbacks', columns: DELIVERY_COLUMNS, read },
        { format, cursor: filter.cursor },
      );
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/deliveries/{id}',
    operationId: 'getDelivery',
    access: [],
    summary: 'Get one received callback in full',
    params: z.object({ id: delivery.shape.id }),
    answers: { 200: json('The delivery', deliveryInFull, { callback: inFullExample }) },
    refusals: ['not_found'],
    async handle({ params: { id } }, { store: { db } }: Pick<Service, 'store'>) {
      const found = isId(id) ? await findDelivery(db, id) : null;
      if (found === null) throw new Refusal('not_found', 'there is no such delivery');
      return reply(200, viewDeliveryInFull(found));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/deliveries/{id}/redeliver',
    operationId: 'redeliverCallback',
    access: ['support'],
    audit: 'redeliver_delivery',
    summary: 'Run one stored callback again',
    description:
      'The payment is looked at again, as if the callback had just arrived. Only an accepted delivery or a duplicate of one can be run again: ' +
      'a refused, foreign or unclear one names no payment that may be touched.',
    params: z.object({ id: delivery.shape.id }),
    body: jsonBody(redeliverRequest, { ticket: redeliverExample }),
    answers: {
      202: json(
        'The request is stored durably and the callback will be run. The body is the delivery as it was',
        delivery,
        { callback: deliveryExample },
      ),
    },
    refusals: ['not_found', 'not_redeliverable'],
    async handle(request, service: Service) {
      const asked = await request.body();
      const { id } = request.params;
      if (!isId(id)) throw new Refusal('not_found', 'there is no such delivery');
      const again = await redeliver(service, id, askedBy(request.ctx, asked, { delivery: id }));
      return reply(202, viewDelivery(again));
    },
  }),
];
