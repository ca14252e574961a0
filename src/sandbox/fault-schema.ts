/** What may be asked to go wrong. */
import { z } from 'zod';

/** The calls of Dintero's API, as faults and counts name them. */
export const OPERATIONS = [
  'token',
  'create',
  'readSession',
  'search',
  'updateSession',
  'cancel',
  'readTransaction',
  'list',
  'updateTransaction',
  'authorization',
] as const;

export type Operation = (typeof OPERATIONS)[number];

const count = z.number().int().min(0);

/** One way in which an API call goes wrong. */
const faultSchema = z.strictObject({
  status: z.number().int().min(200).max(599).optional(),
  retryAfter: count.optional(),
  delayMs: count.optional(),
  drop: z.enum(['before', 'after']).optional(),
  truncate: z.boolean().optional(),
  body: z.unknown().optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  times: count.optional(),
  sessionId: z.string().optional(),
  transactionId: z.string().optional(),
});

export type Fault = z.infer<typeof faultSchema>;

const knobsSchema = z.strictObject({
  readLagMs: count,
  listLagMs: count,
  searchLagMs: count,
  retryScheduleMs: z.array(count).min(1),
  callbackTimeoutMs: count.min(1),
  callbacks: z.enum(['on', 'off']),
  tokenExpiresIn: count.nullable(),
});

export type Knobs = z.infer<typeof knobsSchema>;

const switchSchema = faultSchema.nullable().optional();

/** The body of `POST /__sim/faults`: what is named changes, the rest stays. */
export const faultChangeSchema = knobsSchema.partial().extend({
  all: switchSchema,
  token: switchSchema,
  create: switchSchema,
  readSession: switchSchema,
  search: switchSchema,
  updateSession: switchSchema,
  cancel: switchSchema,
  readTransaction: switchSchema,
  list: switchSchema,
  updateTransaction: switchSchema,
  authorization: switchSchema,
});

export type FaultChange = z.infer<typeof faultChangeSchema>;

/** The usual world: nothing lags, callbacks go out. */
export const USUAL_KNOBS: Knobs = {
  readLagMs: 0,
  listLagMs: 0,
  searchLagMs: 0,
  retryScheduleMs: [1_000, 2_000, 5_000, 10_000, 30_000, 60_000],
  callbackTimeoutMs: 10_000,
  callbacks: 'on',
  tokenExpiresIn: null,
};

export interface FaultState {
  readonly knobs: Knobs;
  readonly faults: Readonly<Record<string, Fault>>;
}
