import type { VNode } from 'preact';
import { Pill } from '../parts/pill.tsx';
import { money, shown, utc } from '../parts/text.ts';
import type { PaymentStory } from './order-story.ts';

/** What a person has just done, as the address of the page says it. */
export interface Done {
  readonly what: string;
  readonly reference: string;
}

const SENTENCES: Readonly<Record<string, string>> = {
  cancel: 'The session is cancelled.',
  accept: 'The decision is recorded: the payment is accepted.',
  give_back: 'The decision is recorded: the money goes back.',
  dismiss: 'The decision is recorded: the review has ended.',
  note: 'The note is in the timeline.',
  redeliver: 'The callback is run again: the timeline shows the reading.',
  look: 'The gateway is asked. Its answer appears here and in the timeline within seconds; without it, see Worker versions on System.',
};

/** Null where the address names nothing that can be done. */
export function doneOf(query: URLSearchParams): Done | null {
  const what = query.get('done') ?? '';
  if (!(what in SENTENCES) && !['capture', 'refund', 'void'].includes(what)) return null;
  return { what, reference: query.get('reference') ?? '' };
}

/** The state of what was just done. It changes with the page. */
export function Result({ of, done: { what, reference } }: { of: PaymentStory; done: Done }): VNode {
  const operation = of.operations.data?.find((one) => one.kind === what && one.reference === reference);
  return (
    <p class="notice good" role="status" id="result">
      {operation === undefined ? (
        <>
          {SENTENCES[what] ?? `The ${what} was asked for.`} {what === 'look' && lastAnswer(of)}
        </>
      ) : (
        <>
          {what} {shown(reference, 64)} of {money(operation.amount, operation.currency)}:{' '}
          <Pill word={operation.status} />{' '}
          {operation.problem === undefined ? '' : shown(operation.problem.detail)}
        </>
      )}
    </p>
  );
}

/** The newest reading in words: it changes once the gateway has answered. */
function lastAnswer({ payment: { timeline } }: PaymentStory): string {
  const read = timeline.findLast(({ kind }) => kind === 'read');
  return read === undefined ? '' : `Last answer, ${utc(read.at)} UTC: ${shown(read.text, 200)}.`;
}
