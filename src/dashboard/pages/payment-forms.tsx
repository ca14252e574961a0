/** The forms of one payment: each leads to a page that repeats what will happen. A key that may do none gets none. */
import type { ComponentChildren, VNode } from 'preact';
import { LONGEST_TEXT } from '../parts/confirm-form.tsx';
import { amountField } from '../parts/amount.ts';
import { may, type Visit } from '../visit.ts';
import { goingBack, type PaymentStory } from './order-story.ts';

interface Form {
  readonly path: string;
  readonly name: string;
  readonly isPossible: boolean;
  readonly fields?: ComponentChildren;
}

export function PaymentForms({ of, visit }: { of: PaymentStory; visit: Visit }): VNode | null {
  const forms = formsOf(of, visit).filter(({ isPossible }) => isPossible);
  if (forms.length === 0) return null;
  return (
    <section aria-label="Actions" class="moves">
      {forms.map(({ path, name, fields }) => (
        <details class="move" name="move">
          <summary>{name}</summary>
          <form method="get" action={`${visit.base}/payments/${encodeURIComponent(of.payment.id)}/${path}`}>
            {fields}
            <label>
              {path === 'note' ? 'Note' : 'Reason'}
              <input name="reason" required maxLength={LONGEST_TEXT} autocomplete="off" />
            </label>
            <button type="submit">Continue</button>
          </form>
        </details>
      ))}
    </section>
  );
}

function formsOf(of: PaymentStory, visit: Visit): Form[] {
  const { payment } = of;
  const { status, authorizedAmount, capturedAmount, refundedAmount, reviewMark, transactionId, sessionId } =
    payment;
  const [money, support] = [may(visit, 'money'), may(visit, 'support')];
  const currency = payment.accepted?.currency ?? payment.currency;
  const isHeld = status === 'AUTHORIZED' || status === 'PARTIALLY_CAPTURED';
  const isReview = status === 'REVIEW';
  const refundable = capturedAmount - refundedAmount - goingBack(of);
  return [
    {
      path: 'resolve',
      name: 'Resolve',
      isPossible: money && (isReview || reviewMark !== null),
      fields: <Decisions isAcceptable={isReview} />,
    },
    {
      path: 'capture',
      name: 'Capture',
      isPossible: money && isHeld && authorizedAmount > capturedAmount,
      fields: <Amount amount={authorizedAmount - capturedAmount} currency={currency} />,
    },
    {
      path: 'refund',
      name: 'Refund',
      isPossible: money && !isReview && refundable > 0,
      fields: <Amount amount={refundable} currency={currency} />,
    },
    { path: 'void', name: 'Void', isPossible: money && status === 'AUTHORIZED' },
    { path: 'cancel', name: 'Cancel', isPossible: (money || may(visit, 'shop')) && status === 'PENDING' },
    { path: 'look', name: 'Look again', isPossible: support && (transactionId ?? sessionId) !== null },
    { path: 'note', name: 'Add a note', isPossible: support || money },
  ];
}

function Amount({ amount, currency }: { amount: number; currency: string }): VNode {
  return (
    <label>
      Amount in {currency}, all that is left unless changed
      <input
        name="amount"
        required
        inputMode="decimal"
        value={amountField(amount, currency)}
        autocomplete="off"
      />
    </label>
  );
}

const DECISIONS = [
  { word: 'accept', text: 'accept: the payment pays the order as it is' },
  { word: 'give_back', text: 'give_back: its money goes back to the payer' },
  { word: 'dismiss', text: 'dismiss: the review ends, and a person handles its money at the gateway' },
];

function Decisions({ isAcceptable }: { isAcceptable: boolean }): VNode {
  return (
    <fieldset>
      <legend>Decision</legend>
      {DECISIONS.filter(({ word }) => isAcceptable || word !== 'accept').map(({ word, text }) => (
        <label class="choice">
          <input type="radio" name="decision" value={word} required /> {text}
        </label>
      ))}
    </fieldset>
  );
}
