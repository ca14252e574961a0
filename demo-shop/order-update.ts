import type { OrderUpdate } from '@paidonce/client';

/** One update as the shop keeps it. Only verified updates are kept. */
export interface ReceivedUpdate {
  readonly webhookId: string;
  readonly update: OrderUpdate;
  readonly firstAt: string;
  readonly lastAt: string;
  /** How often it arrived, including retries and duplicates. */
  readonly times: number;
  /** False if a later update arrived before it, so that it does not change the state. */
  readonly applied: boolean;
}
