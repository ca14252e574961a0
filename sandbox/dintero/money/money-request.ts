/** The bodies of capture, refund and void, and the reasons for which Dintero refuses them. */
import { z } from 'zod';
import { parseBody } from '../../http/request-body.ts';
import { invalid, Problem } from '../../http/problem.ts';
import { beyondLine } from './line-sums.ts';
import { needsItems, neverVoids, takesFinalCapture, voidsRemainder } from './products.ts';
import { leftOf, pendingEvents } from '../transactions/sums.ts';
import type { Part, Transaction } from '../transactions/transaction.ts';

export type MoneyKind = 'capture' | 'refund' | 'void';

export interface MoneyCommand {
  readonly kind: MoneyKind;
  readonly amount: number;
  readonly reference?: string | undefined;
  readonly items?: readonly Part[] | undefined;
  readonly reason?: string | undefined;
  /** Releases the rest of the authorization. */
  readonly isFinal?: boolean | undefined;
  readonly metadata?: Readonly<Record<string, string | number>> | undefined;
}

const FROM: Readonly<Record<MoneyKind, readonly string[]>> = {
  capture: ['AUTHORIZED', 'PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED_REFUNDED'],
  refund: ['CAPTURED', 'PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED_REFUNDED', 'PARTIALLY_REFUNDED'],
  void: ['AUTHORIZED', 'PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED_REFUNDED'],
};

const INT32 = 2_147_483_647;
const common = {
  amount: z.number().int().min(1).max(INT32),
  items: z
    .array(
      z.looseObject({
        line_id: z.string().min(1),
        amount: z.number().int().min(-INT32).max(INT32),
        quantity: z.number().positive().optional(),
      }),
    )
    .min(1)
    .optional(),
  metadata: z
    .record(
      z.string().regex(/^ext_.{0,124}$/, 'keys begin with ext_ and have at most 128 characters'),
      z.union([z.string().max(256), z.number()]),
    )
    .optional(),
};
const captureSchema = z.strictObject({
  ...common,
  capture_reference: z.string().min(1).optional(),
  final_capture: z.boolean().optional(),
});
const refundSchema = z.strictObject({
  ...common,
  refund_reference: z.string().min(1).optional(),
  reason: z.string().optional(),
});

/** The command of a body, or a 400 with every wrong field. */
export function moneyCommand(kind: MoneyKind, transaction: Transaction, body: unknown): MoneyCommand {
  if (kind === 'void') return { kind, amount: leftOf(transaction).capture };
  if (kind === 'refund') {
    const { refund_reference: reference, ...rest } = parseBody(refundSchema, body);
    return { kind, reference, ...rest };
  }
  const parsed = parseBody(captureSchema, body);
  const { capture_reference: reference, final_capture: isFinal, ...rest } = parsed;
  return { kind, reference, isFinal, ...rest };
}

/**
 * Throws the problem that Dintero would answer: 400 for a wrong state or amount, 409 while a void conflicts.
 */
export function checkMoney(transaction: Transaction, command: MoneyCommand): void {
  const { kind, amount, isFinal } = command;
  checkState(transaction, kind);
  if (isFinal === true && !takesFinalCapture(transaction.payment_product_type)) {
    throw invalid(`final_capture: not for ${transaction.payment_product_type}`);
  }
  checkItems(transaction, command);
  const left = leftOf(transaction)[kind === 'refund' ? 'refund' : 'capture'];
  if (amount > left || left <= 0) {
    throw new Problem(400, `amount is ${amount} but only ${left} is left to ${kind}`, 'INVALID_AMOUNT');
  }
}

function checkState(transaction: Transaction, kind: MoneyKind): void {
  const { status, payment_product_type: product } = transaction;
  const wrong = !FROM[kind].includes(status) || (kind === 'void' && neverVoids(product));
  const isRemainder = kind === 'void' && status !== 'AUTHORIZED';
  if (wrong || (isRemainder && !voidsRemainder(product))) {
    throw new Problem(400, `a ${product} transaction in ${status} has no ${kind}`, 'INVALID_STATE');
  }
  const waiting = pendingEvents(transaction).map(({ event }) => event);
  const conflicts = kind === 'void' ? waiting.length > 0 : waiting.includes('INITIATE_VOID');
  if (conflicts) throw new Problem(409, `${waiting.join(', ')} is not finished yet`, 'CONFLICT');
}

function checkItems(transaction: Transaction, { kind, items, amount }: MoneyCommand): void {
  if (items === undefined) {
    const { payment_product_type: product } = transaction;
    if (kind !== 'void' && needsItems(product)) throw invalid(`items: a ${kind} with ${product} needs them`);
    return;
  }
  const known = new Set(transaction.items.map((item) => item.line_id));
  const ids = items.map((item) => item.line_id);
  const unknown = ids
    .filter((id) => !known.has(id))
    .map((id) => `items.line_id: the order has no line ${id}`);
  if (unknown.length > 0) throw invalid(...unknown);
  if (new Set(ids).size < ids.length) throw invalid('items.line_id: each line must occur only once');
  const total = items.reduce((sum, item) => sum + item.amount, 0);
  if (total !== amount) throw invalid(`amount is ${amount} but the items add up to ${total}`);
  const tooMuch = items.flatMap((item) => beyondLine(transaction, kind, item));
  if (tooMuch.length > 0) throw invalid(...tooMuch);
}
