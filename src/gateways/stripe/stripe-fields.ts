/** Fields of Stripe's objects, as zod schemas. */
import { z } from 'zod';
import { idField, shownField } from '../shared/gateway-fields.ts';
import { isTime } from '../shared/times.ts';

/** Lower case at Stripe. */
export const currencyField = z
  .string()
  .regex(/^[a-z]{3}$/, 'expected a currency in lower case')
  .transform((code) => code.toUpperCase());

/** Unix seconds. */
export const secondsField = z
  .number()
  .refine((seconds) => isTime(seconds * 1_000), 'expected unix seconds')
  .transform((seconds) => new Date(seconds * 1_000));

export const optionalSeconds = secondsField.optional().catch(undefined);

export const metadataField = z.record(z.string(), z.unknown()).nullish().catch(undefined);

export const flagField = z.boolean().catch(false);

export const wordField = shownField(100);

/** The id of an object that is given as its id or, where it was expanded, as itself. */
export const referredId = z
  .union([idField, z.object({ id: idField }).transform(({ id }) => id)])
  .nullish()
  .catch(undefined);

/** One page of Stripe's lists. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), has_more: z.boolean() });
