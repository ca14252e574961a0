import { z } from 'zod';

/** The body of an order update (contract §6). Enumerations may grow, so words are kept as they come. */
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

/** One update as the shop keeps it. Only verified ones are ever kept. */
export interface ReceivedUpdate {
  readonly webhookId: string;
  readonly update: OrderUpdate;
  readonly firstAt: string;
  readonly lastAt: string;
  /** How often it arrived, retries and duplicates included. */
  readonly times: number;
  /** False when a later one had been seen before it, so that it says nothing about the state. */
  readonly applied: boolean;
}
