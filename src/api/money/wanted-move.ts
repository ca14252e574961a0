/** Makes an operation from a request. */
import type { z } from 'zod';
import type { OperationKind } from '../../domain/operation.ts';
import { wrongFields } from '../refusal.ts';
import type { WantedMove } from './money-mover.ts';
import { operationReference, type captureRequest } from './operation-requests.ts';

/**
 * The parts that are not in the body. `idempotencyKey` is the header; `reference` is used if neither names
 * one.
 */
export interface MoveContext {
  readonly kind: OperationKind;
  /** The name of the API key. */
  readonly key: string;
  readonly idempotencyKey: string | undefined;
  readonly reference?: string;
}

type Asked = Partial<z.infer<typeof captureRequest>>;

/** @throws Refusal `invalid_request` */
export function wantedMove(asked: Asked, context: MoveContext): WantedMove {
  const lines = asked.items?.map(({ lineId, amount, quantity }) => ({
    lineId,
    amountMinor: amount,
    ...(quantity !== undefined && { quantity }),
  }));
  const sum = lines?.reduce((sofar, { amountMinor }) => sofar + amountMinor, 0);
  return {
    kind: context.kind,
    reference: referenceOf(asked.reference, context),
    wanted: asked.amount ?? sum ?? null,
    finalCapture: asked.finalCapture ?? false,
    key: context.key,
    ...(lines && { lines }),
    ...(asked.reason !== undefined && { reason: asked.reason }),
  };
}

/** The reference of the body or of `Idempotency-Key`. If both are given, they must be equal. */
function referenceOf(given: string | undefined, { idempotencyKey, reference }: MoveContext): string {
  const wrong = (detail: string) => wrongFields('the body', [{ pointer: '/reference', detail }]);
  if (idempotencyKey !== undefined && given !== undefined && idempotencyKey !== given)
    throw wrong('expected the same value as in Idempotency-Key, or only one of the two');
  const parsed = operationReference.safeParse(idempotencyKey ?? given ?? reference);
  if (parsed.success) return parsed.data;
  if (idempotencyKey === undefined) throw wrong('expected a reference, here or as Idempotency-Key');
  throw wrong(`expected as Idempotency-Key ${parsed.error.issues[0]?.message}`);
}
