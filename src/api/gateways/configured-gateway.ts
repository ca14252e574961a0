import type { Gateway } from '../../gateways/gateway.ts';
import type { GatewayRegistry } from '../../gateways/registry.ts';
import { wrongFields } from '../refusal.ts';

/** The gateway that the field `gateway` of a body names. @throws Refusal `invalid_request` */
export function configuredGateway(gateways: GatewayRegistry, named: string): Gateway {
  const gateway = gateways.find(named);
  if (gateway !== undefined) return gateway;
  const ids = gateways.all.map(({ id }) => id).join(', ');
  throw wrongFields('the body', [{ pointer: '/gateway', detail: `expected a configured gateway: ${ids}` }]);
}
