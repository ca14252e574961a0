import type { VNode } from 'preact';
import type { ReceivedUpdate } from '../order-update.ts';
import { formatTime } from './format.ts';

/** Every update that the shop has received. Only verified updates are kept, so each row says "verified". */
export function UpdatesTable({ updates }: { updates: readonly ReceivedUpdate[] }): VNode {
  return (
    <section aria-labelledby="updates">
      <h2 id="updates">Order updates received</h2>
      {updates.length === 0 ? (
        <p class="muted">None yet. They arrive at this shop’s webhook, and each is signed.</p>
      ) : (
        <div class="scroll" role="region" aria-labelledby="updates" tabIndex={0}>
          <table>
            <UpdatesHead />
            <tbody>
              {updates.map((received) => (
                <UpdateRow key={received.webhookId} received={received} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function UpdatesHead(): VNode {
  return (
    <thead>
      <tr>
        <th scope="col">Type</th>
        <th scope="col">Signature</th>
        <th scope="col" class="number">
          Sequence
        </th>
        <th scope="col" class="number">
          Arrived
        </th>
        <th scope="col">First at (UTC)</th>
        <th scope="col">webhook-id</th>
      </tr>
    </thead>
  );
}

function UpdateRow({ received }: { received: ReceivedUpdate }): VNode {
  const { update, times, applied, firstAt, webhookId } = received;
  return (
    <tr>
      <th scope="row">
        <code>{update.type}</code>
        {!applied && <span class="small muted late">arrived after a newer one</span>}
      </th>
      <td>
        <span class="verified">✓ verified</span>
      </td>
      <td class="number">{update.data.sequence}</td>
      <td class="number">{times === 1 ? 'once' : `${times} times`}</td>
      <td>
        <time dateTime={firstAt}>{formatTime(firstAt)}</time>
      </td>
      <td class="id">
        <code>{webhookId}</code>
      </td>
    </tr>
  );
}
