/** `POST /v1/payments/{id}/capture`, `/refund` and `/void`: written down first, then carried out by the payment's money run. */
import { createHash } from 'node:crypto';
import { crashPoint } from '../crash-points.ts';
import { wrongLines, type MovedLine, type WrongLine } from '../domain/lines.ts';
import type { OperationKind } from '../domain/operation.ts';
import type { Service } from '../service.ts';
import { aboutOperation, operationName } from '../store/about-operation.ts';
import { currencyOf } from '../store/accepted.ts';
import {
  claimOperation,
  findOperation,
  lineHistory,
  listOperations,
  type NewOperation,
  type OperationRow,
  WrongLines,
} from '../store/operations.ts';
import { findOrder, type PaymentRow } from '../store/payments.ts';
import { RunEnded, RunsUnavailable } from '../temporal/calls.ts';
import { refuseUnconfigured } from './configured.ts';
import { inMoney } from './in-money.ts';
import { addressOf } from './open-payment.ts';
import { refuseImpossible, refuseUnnamed } from './operation-checks.ts';
import { Problem, PROBLEMS, type FieldProblem, type ProblemCode } from './problem.ts';
import { TokenBuckets } from '../lib/token-bucket.ts';
import { wrongFields } from './validate.ts';

/** What somebody asks for, its fields checked by themselves; `wanted` in minor units, null for all that is left. */
export interface WantedMove {
  readonly kind: OperationKind;
  readonly reference: string;
  readonly wanted: number | null;
  readonly lines?: readonly MovedLine[];
  readonly finalCapture: boolean;
  readonly reason?: string;
  /** The name of the API key. */
  readonly key: string;
}

export interface MoneyMover {
  /** The operation as it is by then: done, or not finished yet. The same again is the same operation. @throws Problem */
  move(payment: PaymentRow, wanted: WantedMove): Promise<OperationRow>;
}

/** Of a payment, looks for money that our record does not show: a merchant who insists is not worth a run each time. */
const LOOKS = { perSecond: 1 / 30, burst: 3 };

/** One for a process. */
export function createMoneyMover(service: Service): MoneyMover {
  const carrying = new Map<string, Promise<void>>();
  const looks = new TokenBuckets(LOOKS.perSecond, LOOKS.burst);
  return {
    async move(payment, wanted) {
      refuseUnconfigured(service, payment);
      const claimed = await claim(service, payment, wanted).catch((error: unknown) => {
        if (mayBeBehind(payment, wanted, error) && looks.take(payment.id)) askForLook(service, payment);
        throw error;
      });
      const { id } = claimed;
      if (isUnfinished(claimed)) {
        // Whoever asks for the same at the same time waits for the same: a run takes few at a time.
        const carried =
          carrying.get(id) ?? carryOut(service, payment, claimed).finally(() => carrying.delete(id));
        carrying.set(id, carried);
        await carried;
      }
      const { kind, reference } = wanted;
      const now = (await findOperation(service.store.db, payment.id, reference, kind)) ?? claimed;
      if (now.state === 'failed') throw failureOf(now, payment);
      return now;
    },
  };
}

/** What was captured by somebody else's hand can be refunded as soon as we have heard of it. */
function mayBeBehind({ status }: PaymentRow, { kind }: WantedMove, error: unknown): boolean {
  const isForMoney =
    error instanceof Problem &&
    (error.code === 'operation_not_possible' || error.code === 'amount_too_large');
  return isForMoney && kind === 'refund' && (status === 'AUTHORIZED' || status === 'PARTIALLY_CAPTURED');
}

function askForLook({ runs, log }: Service, payment: PaymentRow): void {
  const signal = { why: 'refused_refund', at: new Date().toISOString() } as const;
  runs.look(addressOf(payment), signal).catch((error: unknown) => {
    log.warn({ paymentId: payment.id, reason: String(error) }, 'could not ask for a look');
  });
}

export function isUnfinished({ state }: Pick<OperationRow, 'state'>): boolean {
  return state === 'pending' || state === 'unknown';
}

/** What was asked for before is found before it is judged: once it is done, it would be impossible. */
async function claim(service: Service, payment: PaymentRow, wanted: WantedMove): Promise<OperationRow> {
  refuseStrange(payment, wanted);
  const { kind, reference } = wanted;
  const { db } = service.store;
  const known = await findOperation(db, payment.id, reference, kind);
  if (known === null) {
    const found = await findOrder(db, payment.orderReference);
    refuseImpossible(payment, found?.order.paidPaymentId ?? null, wanted);
    const rules = service.gateways.find(payment.gateway)?.rulesFor(payment.paymentMethod ?? undefined);
    if (rules?.lines === 'required')
      refuseUnnamed(rules, wanted, lineHistory(payment, await listOperations(db, payment.id)));
  }
  crashPoint('operation.claim.before', payment.orderReference);
  const claimed = await claimOperation(db, newOperation(payment, wanted)).catch((error: unknown) => {
    throw error instanceof WrongLines ? wrongFields('the body', error.lines.map(toField)) : error;
  });
  crashPoint('operation.claim.after', payment.orderReference);
  if (claimed.kind === 'reused')
    throw new Problem(
      'reference_reused',
      `${kind} ${reference} of this payment asked for something else; use another reference`,
    );
  return claimed.operation;
}

/** What no earlier operation has to do with. @throws Problem */
function refuseStrange({ request }: PaymentRow, { kind, lines = [] }: WantedMove): void {
  if (kind === 'void') return;
  const untouched = { ordered: request.lines, operations: [], capturedMinor: Infinity };
  const wrong = wrongLines(kind, lines, untouched);
  if (wrong.length > 0) throw wrongFields('the body', wrong.map(toField));
}

function toField({ index, field, detail }: WrongLine): FieldProblem {
  return { pointer: `/items/${index}/${field}`, detail };
}

function newOperation({ id: paymentId }: PaymentRow, wanted: WantedMove): NewOperation {
  return { ...wanted, paymentId, bodyHash: hashOf(wanted), cause: 'merchant' };
}

/** Equal for bodies that ask for the same, however they are written. */
function hashOf({ wanted, lines, finalCapture, reason }: WantedMove): string {
  const parts = lines
    ?.map(({ lineId, amountMinor, quantity }) => [lineId, amountMinor, quantity ?? null] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const canonical = JSON.stringify([wanted, parts ?? null, finalCapture, reason ?? null]);
  return createHash('sha256').update(canonical).digest('hex');
}

/** Trouble of ours is no answer: the operation is written down, and the forwarder wakes whoever forgot it. */
async function carryOut(service: Service, payment: PaymentRow, operation: OperationRow): Promise<void> {
  const { id: operationId } = operation;
  try {
    await service.money.carryOut(addressOf(payment), operationId, aboutOperation(operation, payment));
    crashPoint('operation.answer.before', payment.orderReference);
  } catch (error) {
    if (!(error instanceof RunsUnavailable || error instanceof RunEnded)) throw error;
    service.log.warn({ operationId, reason: error.message }, 'an operation is not answered yet');
  }
}

function whatNext(code: OperationRow['code']): string {
  if (code === 'operation_not_possible' || code === 'amount_too_large')
    return '; where that has changed since, use another reference';
  return `; ${code === 'not_confirmed' ? 'look at the gateway, then' : 'to try again,'} use another reference`;
}

/** The same every time: it is made of the row alone. */
function failureOf(operation: OperationRow, payment: PaymentRow): Problem {
  const { code, detail } = operation;
  const reason = inMoney(detail ?? 'no reason was given', currencyOf(payment));
  const says = `${operationName(operation)} failed: ${reason}`;
  const isKnown = code !== null && Object.hasOwn(PROBLEMS, code);
  return new Problem(
    isKnown ? (code as ProblemCode) : 'operation_not_possible',
    `${says}${whatNext(code)}`,
    code === 'declined' || code === 'reversed' ? { reason } : {},
  );
}
