import type { Service } from '../../service.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { Problem } from '../http/problem.ts';

/** Nothing is asked of a gateway that was taken out of the configuration; its runs rest until it is back. @throws Problem */
export function refuseUnconfigured(
  { gateways }: Pick<Service, 'gateways'>,
  { id, gateway }: Pick<PaymentRow, 'id' | 'gateway'>,
): void {
  if (gateways.find(gateway) !== undefined) return;
  const detail = `payment ${id} is by ${gateway}, which is not configured any more; nothing was done, ask again when it is`;
  throw new Problem('gateway_not_configured', detail);
}
