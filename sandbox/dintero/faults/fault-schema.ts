/** The faults that a test may request. */
import { z } from 'zod';
import type { Faults } from '../../faults/faults.ts';
import { commonFaultFields, count } from '../../faults/common-fault.ts';
import { callbackPlanSchema } from '../callbacks/callback-plan.ts';
import { webhookPlanSchema } from '../webhooks/webhook-plan.ts';

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
  'capture',
  'refund',
  'void',
  'hooks',
  'signature',
  'settlements',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** How captures, refunds and voids proceed; see `Manner`. */
export const mannerFields = {
  pending: z.boolean().optional(),
  result: z.enum(['success', 'failure', 'corrected', 'never']).optional(),
  afterMs: count.optional(),
  correctAfterMs: count.optional(),
  error: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      type: z.array(z.string()).optional(),
      result_code: z.string().optional(),
      retry_policy: z.strictObject({ retry_codes: z.string(), retry_after: count.optional() }).optional(),
    })
    .optional(),
};

/** One way in which an API call fails. */
const faultSchema = z.strictObject({
  ...commonFaultFields,
  ...mannerFields,
});

export type Fault = z.infer<typeof faultSchema>;

/** How `configuration.auto_capture` proceeds. */
export const autoCaptureSchema = z.strictObject({
  mode: z.enum(['before_callback', 'after_callback', 'fails']),
  afterMs: count.optional(),
  /** Also for sessions that do not request it, as an account may be set up. */
  forAll: z.boolean().optional(),
});

export type AutoCapture = z.infer<typeof autoCaptureSchema>;

const knobsSchema = z.strictObject({
  readLagMs: count,
  listLagMs: count,
  searchLagMs: count,
  retryScheduleMs: z.array(count).min(1),
  callbackTimeoutMs: count.min(1),
  callbacks: z.enum(['on', 'off']),
  /** How every callback is sent, unless a call says another way. */
  callbackPlan: callbackPlanSchema.nullable(),
  tokenExpiresIn: count.nullable(),
  cardTimeoutMs: count,
  cardTimeoutEffect: z.enum(['before', 'after']),
  autoCapture: autoCaptureSchema,
  webhooks: z.enum(['on', 'off']),
  hookPlan: webhookPlanSchema.nullable(),
  hookRetryScheduleMs: z.array(count).min(1),
  hookTimeoutMs: count.min(1),
  hookFailuresToDelete: count.min(1),
  signatureOverlapMs: count,
  partialVoidStatus: z.enum(['CAPTURED', 'PARTIALLY_CAPTURED', 'AUTHORIZATION_VOIDED']),
});

export type Knobs = z.infer<typeof knobsSchema>;

const switchSchema = z
  .union([faultSchema, z.array(faultSchema).max(100)])
  .nullable()
  .optional();

/** The body of `POST /__sim/faults`: given fields change, the others stay. */
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
  capture: switchSchema,
  refund: switchSchema,
  void: switchSchema,
  hooks: switchSchema,
  signature: switchSchema,
  settlements: switchSchema,
});

/** Faults of one transaction's calls, by operation. */
export const ownFaultsSchema = z.partialRecord(
  z.enum(['readTransaction', 'updateTransaction', 'authorization', 'capture', 'refund', 'void', 'all']),
  faultSchema.nullable(),
);

export type OwnFaults = z.infer<typeof ownFaultsSchema>;

/** The defaults: nothing lags, callbacks are sent. */
export const USUAL_KNOBS: Knobs = {
  readLagMs: 0,
  listLagMs: 0,
  searchLagMs: 0,
  retryScheduleMs: [1_000, 2_000, 5_000, 10_000, 30_000, 60_000],
  callbackTimeoutMs: 10_000,
  callbacks: 'on',
  callbackPlan: null,
  tokenExpiresIn: null,
  cardTimeoutMs: 30_000,
  cardTimeoutEffect: 'after',
  autoCapture: { mode: 'before_callback' },
  webhooks: 'on',
  hookPlan: null,
  hookRetryScheduleMs: [1_000, 5_000, 30_000, 60_000],
  hookTimeoutMs: 60_000,
  hookFailuresToDelete: 3,
  signatureOverlapMs: 0,
  partialVoidStatus: 'CAPTURED',
};

export type DinteroFaults = Faults<Fault, Knobs>;
