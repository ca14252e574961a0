/** One callback: what was received, what it proves, and what became of it. */
import type { Page } from '../page.ts';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { At } from '../parts/time.tsx';
import { may } from '../visit.ts';

export const deliveryPage: Page = {
  path: '/deliveries/:id',
  async show(visit, { params }) {
    const { base } = visit;
    const id = params['id'] ?? '';
    const found = await visit.api.deliveries.retrieve(id);
    const { outcome, reason, payment, state, claim, method, target, receipts, receivedAt, handledAt, eventId } = found;
    const isAgain = may(visit, 'support') && (outcome === 'accepted' || outcome === 'duplicate');
    return {
      title: `Callback ${shown(id, 60)}`,
      above: isAgain ? (
        <p>
          <a class="button" href={`${base}/deliveries/${encodeURIComponent(id)}/redeliver`}>
            Run it again
          </a>
        </p>
      ) : null,
      live: (
        <dl class="facts card">
          <Fact name="Outcome">
            <Pill word={outcome} /> {reason === null ? '' : shown(reason)}
          </Fact>
          <Fact name="State">{state ?? '—'}</Fact>
          <Fact name="Gateway">{found.gateway}</Fact>
          <Fact name="Payment">
            {payment === null ? (
              'of none of ours'
            ) : (
              <a href={`${base}/payments/${encodeURIComponent(payment)}`}>{shown(payment, 80)}</a>
            )}
          </Fact>
          <Fact name="Event">{eventId === null ? 'nothing proves one' : shown(eventId, 120)}</Fact>
          <Fact name="Received">
            <At at={receivedAt} /> ({receipts} {receipts === 1 ? 'time' : 'times'})
          </Fact>
          <Fact name="Handled">{handledAt === null ? 'not yet' : <At at={handledAt} />}</Fact>
          <Fact name="Request">
            <code>
              {shown(method, 20)} {shown(target, 1_000)}
            </code>
          </Fact>
          <Fact name="Claims">
            <code>{shown(JSON.stringify(claim), 1_000)}</code>
          </Fact>
        </dl>
      ),
    };
  },
};

function Fact({ name, children }: { name: string; children: import('preact').ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
