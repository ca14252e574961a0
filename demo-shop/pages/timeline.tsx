import type { VNode } from 'preact';
import type { Payment } from '../paidonce-api.ts';
import { formatTime } from './format.ts';

type Entry = NonNullable<Payment['timeline']>[number];

/** The timeline of the payment, oldest first. */
export function Timeline({ entries }: { entries: readonly Entry[] }): VNode {
  const inOrder = entries.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {inOrder.length === 0 ? (
        <p class="muted">There are no entries yet.</p>
      ) : (
        <ol class="timeline">
          {inOrder.map((entry, index) => (
            <li key={index}>
              <time dateTime={entry.at}>{formatTime(entry.at)}</time>
              <span class="kind">{entry.kind}</span>
              <span>{entry.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
