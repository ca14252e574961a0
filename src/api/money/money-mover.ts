/** Captures, refunds and voids: stored first, then carried out by the payment's money run. */
import { crashable } from '../../crash-points.ts';
import { wrongLines, type MovedLine, type WrongLine } from '../../domain/lines.ts';
import { isUnfinished, type OperationKind } from '../../domain/operation.ts';
import type { Service } from '../../service.ts';
import { aboutOperation, operationName } from '../../store/about-operation.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import {
  claimOperation,
  findOperation,
  lineHistory,
  listOperations,
  type NewOperation,
  type OperationRow,
  WrongLines,
} from '../../store/operations.ts';
import type { Db } from '../../store/open.ts';
import { findOrder, type PaymentRow } from '../../store/payments.ts';
import { RunEnded, RunsUnavailable } from '../../temporal/run-calls.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';
import { inMoney } from '../payments/amounts-in-text.ts';
import { addressOf, refuseUnconfigured } from '../payments/find-payment.ts';
import { Refusal, wrongFields, type FieldProblem, type ProblemCode } from '../refusal.ts';
import { bodyHashOf } from './body-hash.ts';
import { refuseImpossible, refuseUnnamed } from './feasible-by-row.ts';

/** A requested operation with checked fields; `wanted` is in minor units, null for all that is left. */
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
  /**
   * Checks a request without recording it. Returns the operation that an earlier equal request has made, or null.
   * @throws Refusal
   */
  check(payment: PaymentRow, wanted: WantedMove): Promise<OperationRow | null>;
  /**
   * Returns the operation, done or not finished yet. The same request again is the same operation. @throws
   * Refusal
   */
  move(payment: PaymentRow, wanted: WantedMove): Promise<OperationRow>;
}

/**
 * Limits the looks at one payment for money that our record does not show: repeated requests must not start a
 * run each time.
 */
const LOOKS = { perSecond: 1 / 30, burst: 3 };

/** One per process. */
export function createMoneyMover(service: Service): MoneyMover {
  const carrying = new Map<string, Promise<void>>();
  const looks = new TokenBuckets(LOOKS.perSecond, LOOKS.burst);
  async function check(payment: PaymentRow, wanted: WantedMove): Promise<OperationRow | null> {
    refuseUnconfigured(service, payment);
    return knownOrPossible(service, payment, wanted).catch((error: unknown) => {
      if (mayBeBehind(payment, wanted, error) && looks.take(payment.id)) askForLook(service, payment);
      throw error;
    });
  }
  return {
    check,
    async move(payment, wanted) {
      await check(payment, wanted);
      const claimed = await claim(service.store.db, payment, wanted);
      const { id } = claimed;
      if (isUnfinished(claimed)) {
        // Equal simultaneous requests share one call, since a run takes only a few calls at a time.
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

/**
 * Whether the gateway may have a capture from elsewhere that a look would find, so that the refund becomes
 * possible.
 */
function mayBeBehind({ status }: PaymentRow, { kind }: WantedMove, error: unknown): boolean {
  const isForMoney =
    error instanceof Refusal &&
    (error.code === 'operation_not_possible' || error.code === 'amount_too_large');
  return isForMoney && kind === 'refund' && (status === 'AUTHORIZED' || status === 'PARTIALLY_CAPTURED');
}

function askForLook({ runs, log }: Service, payment: PaymentRow): void {
  const signal = { why: 'refused_refund', at: new Date().toISOString() } as const;
  runs.look(addressOf(payment), signal).catch((error: unknown) => {
    log.warn({ paymentId: payment.id, reason: String(error) }, 'could not request a look');
  });
}

/**
 * Finds an earlier equal request before any check: once its operation is done, the checks would refuse it.
 */
async function knownOrPossible(
  service: Service,
  payment: PaymentRow,
  wanted: WantedMove,
): Promise<OperationRow | null> {
  refuseStrange(payment, wanted);
  const { kind, reference } = wanted;
  const { db } = service.store;
  const known = await findOperation(db, payment.id, reference, kind);
  if (known !== null) return known;
  const found = await findOrder(db, payment.orderReference);
  refuseImpossible(payment, found?.order.paidPaymentId ?? null, wanted);
  const rules = service.gateways.find(payment.gateway)?.rulesFor({
    ...(payment.paymentMethod !== null && { paymentMethod: payment.paymentMethod }),
  });
  if (rules?.lines === 'required')
    refuseUnnamed(rules, wanted, lineHistory(payment, await listOperations(db, payment.id)));
  return null;
}

async function claim(db: Db, payment: PaymentRow, wanted: WantedMove): Promise<OperationRow> {
  const claimed = await writeDown(db, payment, wanted);
  if (claimed.kind === 'reused')
    throw new Refusal(
      'reference_reused',
      `${wanted.kind} ${wanted.reference} of this payment was requested with other contents; use another reference`,
    );
  return claimed.operation;
}

const writeDown = crashable(
  { before: 'operation.claim.before', after: 'operation.claim.after' },
  (db: Db, payment: PaymentRow, wanted: WantedMove) =>
    claimOperation(db, newOperation(payment, wanted)).catch((error: unknown) => {
      throw error instanceof WrongLines ? wrongFields('the body', error.lines.map(toField)) : error;
    }),
);

/** Refuses wrong lines that do not depend on earlier operations. @throws Refusal */
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
  return { ...wanted, paymentId, bodyHash: bodyHashOf(wanted), cause: 'merchant' };
}

/**
 * Our own failures don't fail the request: the operation is stored, and the forwarder wakes a run that has
 * lost it.
 */
async function carryOut(service: Service, payment: PaymentRow, operation: OperationRow): Promise<void> {
  const { id: operationId } = operation;
  try {
    await waitForRun(service, payment, operation);
  } catch (error) {
    if (!(error instanceof RunsUnavailable || error instanceof RunEnded)) throw error;
    service.log.warn({ operationId, reason: error.message }, 'an operation has no answer yet');
  }
}

const waitForRun = crashable(
  { after: 'operation.answer.before' },
  ({ money }: Service, payment: PaymentRow, operation: OperationRow) =>
    money.carryOut(addressOf(payment), operation.id, aboutOperation(operation, payment)),
);

function whatNext(code: OperationRow['code']): string {
  if (code === 'operation_not_possible' || code === 'amount_too_large')
    return '; if that has changed since, use another reference';
  return `; ${code === 'not_confirmed' ? 'look at the gateway, then' : 'to try again,'} use another reference`;
}

/**
 * The codes of failed rows that callers see. Any other code, such as `not_needed`, is shown as
 * `operation_not_possible`.
 */
const TOLD: readonly ProblemCode[] = [
  'declined',
  'reversed',
  'not_confirmed',
  'amount_too_large',
  'items_required',
];

/** Made of the row alone, so that it is the same every time. */
function failureOf(operation: OperationRow, payment: PaymentRow): Refusal {
  const { code, detail } = operation;
  const reason = inMoney(detail ?? 'no reason was given', currencyOf(payment));
  const says = `${operationName(operation)} failed: ${reason}`;
  return new Refusal(
    TOLD.find((each) => each === code) ?? 'operation_not_possible',
    `${says}${whatNext(code)}`,
    code === 'declined' || code === 'reversed' ? { reason } : {},
  );
}
