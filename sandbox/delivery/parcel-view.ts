/** Records of what was sent, as `/__sim` shows them. */
import type { HookDelivery } from '../webhooks/subscription.ts';
import type { CallbackRecord } from '../transactions/transaction.ts';

/** Without its plan and the bare number of its time. */
export function callbackView(record: CallbackRecord): object {
  return viewOf(record);
}

export function hookDeliveryView(delivery: HookDelivery): object {
  return viewOf(delivery);
}

function viewOf(parcel: CallbackRecord | HookDelivery): object {
  const { plan: _plan, dueAtMs, ...rest } = parcel;
  const nextAt = rest.state === 'pending' ? new Date(dueAtMs).toISOString() : null;
  return { ...rest, nextAt, lost: rest.state === 'lost' };
}
