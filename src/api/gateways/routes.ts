import { GATEWAYS } from '../../gateways/registry.ts';
import type { Service } from '../../service.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { gatewayExample, gatewaysAnswer, viewGateway } from './gateway-view.ts';

export const GATEWAY_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/gateways',
    operationId: 'listGateways',
    access: [],
    summary: 'List the configured gateways, and what each can do',
    answers: { 200: json('The gateways', gatewaysAnswer, { all: { data: [gatewayExample] } }) },
    async handle(_, { gateways }: Pick<Service, 'gateways'>) {
      const data = gateways.all.flatMap((gateway) => {
        const descriptor = GATEWAYS.find(({ id }) => id === gateway.id);
        return descriptor === undefined ? [] : [viewGateway(gateway, descriptor, gateways.byDefault)];
      });
      return reply(200, { data });
    },
  }),
];
