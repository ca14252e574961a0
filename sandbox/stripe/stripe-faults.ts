/** The faults that a test may request. */
import { z } from 'zod';
import { commonFaultFields, count } from '../faults/common-fault.ts';
import type { Faults } from '../faults/faults.ts';
import { eventPlanSchema } from './events/event-plan.ts';

/** The calls of Stripe's API, as faults and counts name them; where Dintero has the same, by the same name. */
export const OPERATIONS = [
  'create',
  'readSession',
  'search',
  'updateSession',
  'cancel',
  'createTransaction',
  'readTransaction',
  'list',
  'updateTransaction',
  'confirm',
  'capture',
  'refund',
  'void',
  'charges',
  'refunds',
  'disputes',
  'events',
  'hooks',
  'balance',
  'account',
  'catalog',
] as const;

export type Operation = (typeof OPERATIONS)[number];

const faultSchema = z.strictObject({
  ...commonFaultFields,
  /** With a `status` of an error: the answer is kept for the idempotency key and replayed. */
  stored: z.boolean().optional(),
  /** With `stored`: the request has its effect although the answer is an error. */
  effect: z.boolean().optional(),
  /** A refund is pending and settles later, or never. */
  pending: z.boolean().optional(),
  result: z.enum(['success', 'failure', 'never']).optional(),
  afterMs: count.optional(),
});

export type Fault = z.infer<typeof faultSchema>;

const knobsSchema = z.strictObject({
  /** `off`: events are made and not sent. */
  callbacks: z.enum(['on', 'off']),
  retryScheduleMs: z.array(count).min(1),
  callbackTimeoutMs: count.min(1),
  /** How every event is sent, unless a call says another way. */
  hookPlan: eventPlanSchema.nullable(),
  /** The order of the events of one occasion. */
  eventOrder: z.enum(['created', 'reversed', 'shuffled', 'parallel']),
  eventSeed: z.union([z.string(), z.number()]),
  /** The part of facts for which a second Event object is made. */
  twinRate: z.number().min(0).max(1),
  /** Every event has a thin twin, sent to the endpoints for snapshots too. */
  thinTwins: z.boolean(),
  partialCapture: z.enum(['release', 'refund_rest']),
  multicapture: z.boolean(),
  /** The time between an automatic capture and its `charge.updated`. */
  bookAfterMs: count,
  authorizationMs: count.min(1),
});

export type Knobs = z.infer<typeof knobsSchema>;

const DAY_MS = 86_400_000;

/** The defaults: everything works, and every event is sent once. */
export const USUAL_KNOBS: Knobs = {
  callbacks: 'on',
  retryScheduleMs: [1_000, 2_000, 5_000, 10_000, 30_000, 60_000],
  callbackTimeoutMs: 10_000,
  hookPlan: null,
  eventOrder: 'created',
  eventSeed: '',
  twinRate: 0,
  thinTwins: false,
  partialCapture: 'release',
  multicapture: true,
  bookAfterMs: 0,
  authorizationMs: 7 * DAY_MS,
};

const switchSchema = z
  .union([faultSchema, z.array(faultSchema).max(100)])
  .nullable()
  .optional();

const SWITCHES = Object.fromEntries(['all', ...OPERATIONS].map((name) => [name, switchSchema])) as Record<
  'all' | Operation,
  typeof switchSchema
>;

/** The body of `POST /__sim/faults`: given fields change, the others stay. */
export const faultChangeSchema = z.strictObject({ ...knobsSchema.partial().shape, ...SWITCHES });

/** Faults of one payment's calls, by operation. */
export const ownFaultsSchema = z.partialRecord(
  z.enum(['readTransaction', 'updateTransaction', 'capture', 'refund', 'void', 'all']),
  faultSchema.nullable(),
);

export type OwnFaults = z.infer<typeof ownFaultsSchema>;

export type StripeFaults = Faults<Fault, Knobs>;
