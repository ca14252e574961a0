import { z } from 'zod';

/** The body of an order update (contract §6). Later versions may add enum values, so any text is valid. */
export const orderUpdateSchema = z.looseObject({
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({
    orderReference: z.string(),
    orderStatus: z.string(),
    sequence: z.number().int(),
    paymentId: z.string(),
    status: z.string(),
    amount: z.number().int(),
    currency: z.string(),
    transactionId: z.string().nullish(),
    reason: z.string().nullish(),
  }),
});

export type OrderUpdate = z.infer<typeof orderUpdateSchema>;

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
