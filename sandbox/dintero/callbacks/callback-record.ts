import type { Parcel } from '../../delivery/courier.ts';
import type { CallbackPlan } from './callback-plan.ts';

/** Why a callback is sent. It decides the parameters. */
export interface Occasion {
  readonly error?: string;
  readonly event?: string;
  readonly eventId?: number;
}

export interface CallbackRecord extends Parcel {
  readonly sessionId: string;
  readonly transactionId: string | null;
  readonly createdAt: string;
  readonly plan: CallbackPlan;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  deliveryId: string;
  headers: Record<string, string>;
}
