/** A second person approves or rejects, and what was approved is carried out, once. */
import { nameOf } from '../../store/asker.ts';
import type { Service } from '../../service.ts';
import {
  approvalStatus,
  decideApproval,
  findApproval,
  finishApproval,
  type ApprovalRow,
} from '../../store/approvals.ts';
import { isDecisionUsed } from '../../store/decisions.ts';
import { findPayment, type PaymentRow } from '../../store/payments.ts';
import { addNote } from '../../store/timeline.ts';
import { RunEnded, RunsUnavailable } from '../../temporal/run-calls.ts';
import type { MoneyMover } from '../money/money-mover.ts';
import { resolve } from '../payments/resolve-payment.ts';
import { Refusal } from '../refusal.ts';
import { moneyOf } from './four-eyes.ts';

export type ApprovalTools = Service & { readonly mover: MoneyMover };

interface Decider {
  readonly key: string;
  readonly actor: string;
  readonly reason?: string | undefined;
}

/**
 * Approves, and carries out what was asked. The same call again carries out what is not done yet.
 * @throws Refusal `not_found`, `own_approval`, `not_approved`
 */
export async function approve(tools: ApprovalTools, id: string, by: Decider): Promise<ApprovalRow> {
  const approved = await decideOnce(tools, id, 'approved', by);
  return approved.doneAt === null ? carryOut(tools, approved) : approved;
}

/** @throws Refusal `not_found`, `own_approval`, `not_approved` */
export async function reject(tools: ApprovalTools, id: string, by: Decider): Promise<ApprovalRow> {
  const rejected = await decideOnce(tools, id, 'rejected', by);
  await note(tools.store.db, rejected);
  return rejected;
}

async function decideOnce(
  { store: { db } }: ApprovalTools,
  id: string,
  state: 'approved' | 'rejected',
  by: Decider,
): Promise<ApprovalRow> {
  const decided = await decideApproval(db, id, state, by);
  const now = decided ?? (await findApproval(db, id));
  if (now === null) throw new Refusal('not_found', 'there is no such approval');
  if (now.key === by.key)
    throw new Refusal(
      'own_approval',
      `the key ${by.key} has asked for this itself; a key of another name was expected`,
    );
  if (now.state === state) return now;
  throw new Refusal(
    'not_approved',
    `approval ${id} is ${approvalStatus(now)} and can't be ${state} any more`,
  );
}

/** One line of the timeline, however often it is written. */
function note(db: Service['store']['db'], row: ApprovalRow): Promise<void> {
  const { id, what, reference, decidedKey: key, decidedActor: actor, state, decidedReason: reason } = row;
  const asker = nameOf({ actor: row.actor, key: row.key });
  const decider = nameOf({ actor: actor ?? '', key: key ?? '' });
  const named = what === 'refund' ? `refund ${reference}` : what;
  const because = reason === null ? '' : `: ${reason}`;
  const text = `${decider} ${state} ${named} over ${moneyOf(row)}, which ${asker} asked for${because}`;
  const data = { approval: id, key, actor, askedBy: row.actor, askedKey: row.key };
  return addNote(db, row.paymentId, { kind: 'operator', text, data }, `${state}-${id}`);
}

/**
 * Carries out what was approved. Repeated until it is certain: a refund is an operation with its reference, a
 * decision is a note with its key, and both exist once.
 */
export async function carryOut(tools: ApprovalTools, row: ApprovalRow): Promise<ApprovalRow> {
  const { db } = tools.store;
  const payment = await findPayment(db, row.paymentId);
  if (payment === null) throw new Error(`approval ${row.id}: there is no payment ${row.paymentId}`);
  await note(db, row);
  try {
    await (row.what === 'refund' ? refund(tools, payment, row) : decide(tools, payment, row, row.what));
  } catch (error) {
    if (isForLater(error)) return row;
    if (!(error instanceof Refusal)) throw error;
    return (await finishApproval(db, row.id, { code: error.code, detail: error.message })) ?? row;
  }
  return (await finishApproval(db, row.id, null)) ?? row;
}

/** It is tried again by this process or another one. */
function isForLater(error: unknown): boolean {
  if (error instanceof RunsUnavailable || error instanceof RunEnded) return true;
  return error instanceof Refusal && error.code === 'gateway_not_configured';
}

async function refund({ mover }: ApprovalTools, payment: PaymentRow, row: ApprovalRow): Promise<void> {
  const { reference, key, reason, asked } = row;
  await mover.move(payment, {
    kind: 'refund',
    reference,
    wanted: asked.amount,
    finalCapture: false,
    key,
    ...(asked.lines && { lines: asked.lines }),
    ...(reason !== null && { reason }),
  });
}

async function decide(
  tools: ApprovalTools,
  payment: PaymentRow,
  { noteKey, key, actor, reason }: ApprovalRow,
  decision: 'accept' | 'give_back',
): Promise<void> {
  const note = noteKey ?? undefined;
  try {
    await resolve(tools, payment, { decision, key, actor, reason: reason ?? '' }, note);
  } catch (error) {
    const isOver = error instanceof Refusal && error.code === 'not_in_review' && note !== undefined;
    // Another try has carried it out, at the same time or before its process ended.
    if (isOver && (await isDecisionUsed(tools.store.db, payment.id, note))) return;
    throw error;
  }
}
