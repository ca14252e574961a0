import type { VNode } from 'preact';
import { isUnderWay, movesOf, type Move } from '../moves.ts';
import type { OrderView } from '../order-view.ts';
import type { Operation, Payment } from '../paidonce-api.ts';
import { formatAmount, formatTime } from './format.ts';

const VERBS = { capture: 'Capture', refund: 'Refund', void: 'Void' } as const;

/** The money of the payment, the buttons that move it, and the results. */
export function MoneySection({ view }: { view: OrderView }): VNode | null {
  const { payment, operations, record } = view;
  if (payment === undefined || operations === undefined) return null;
  const moves = movesOf(payment, operations);
  if (moves.length === 0 && operations.length === 0) return null;
  return (
    <section aria-labelledby="money">
      <h2 id="money">Money</h2>
      <p>{sumsOf(payment)}</p>
      {isUnderWay(operations) && (
        <p class="notice">
          An operation is under way. Wait until it has ended before you start the next one.
        </p>
      )}
      {moves.length > 0 && (
        <div class="moves">
          {moves.map((move) => (
            <MoveButton key={move.kind} order={record.reference} payment={payment} move={move} />
          ))}
        </div>
      )}
      {operations.length > 0 && <Operations operations={operations} />}
    </section>
  );
}

function sumsOf({ currency, ...sums }: Payment): string {
  const [authorized, captured, refunded] = [
    sums.authorizedAmount,
    sums.capturedAmount,
    sums.refundedAmount,
  ].map((amount) => formatAmount(amount ?? 0, currency));
  return `${authorized} authorized, ${captured} captured, ${refunded} refunded.`;
}

function MoveButton(props: { order: string; payment: Payment; move: Move }): VNode {
  const { kind, amountMinor, reference } = props.move;
  return (
    <form method="post" action={`/orders/${encodeURIComponent(props.order)}/${kind}`}>
      <input type="hidden" name="payment" value={props.payment.id} />
      <input type="hidden" name="reference" value={reference} />
      <button type="submit">
        {VERBS[kind]} {formatAmount(amountMinor, props.payment.currency)}
      </button>
    </form>
  );
}

function Operations({ operations }: { operations: readonly Operation[] }): VNode {
  return (
    <ul class="operations">
      {operations.map((operation) => (
        <li key={`${operation.kind}/${operation.reference}`}>
          <time dateTime={operation.createdAt}>{formatTime(operation.createdAt)}</time> {operation.kind}{' '}
          {typeof operation.amount === 'number' && formatAmount(operation.amount, operation.currency)}{' '}
          <strong>{operation.status}</strong>
          {operation.problem && <span> ({operation.problem.detail})</span>}{' '}
          <code class="muted">{operation.reference}</code>
        </li>
      ))}
    </ul>
  );
}
