/** One callback: what was received, why it was refused, and what became of it. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { Fact } from '../parts/fact.tsx';
import { Table } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { shown } from '../parts/text.ts';
import { At } from '../parts/time.tsx';
import { may } from '../visit.ts';

type Delivery = Awaited<ReturnType<PaidonceClient['deliveries']['retrieve']>>;

export const deliveryPage: Page = {
  path: '/deliveries/:id',
  async show(visit, { params }) {
    const { base } = visit;
    const id = params['id'] ?? '';
    const found = await visit.api.deliveries.retrieve(id);
    const isAgain = may(visit, 'support') && (found.outcome === 'accepted' || found.outcome === 'duplicate');
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
        <>
          <Facts found={found} base={base} />
          <Clues found={found} base={base} />
          <Received found={found} />
        </>
      ),
    };
  },
};

function Facts({ found, base }: { found: Delivery; base: string }): VNode {
  const { outcome, reason, state, gateway, payment, eventId, receivedAt, receipts, handledAt, secret } =
    found;
  return (
    <dl class="facts card">
      <Fact name="Outcome">
        <Pill word={outcome} /> {reason === null ? '' : shown(reason)}
      </Fact>
      <Fact name="State">{state ?? '—'}</Fact>
      <Fact name="Gateway">{gateway}</Fact>
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
      <Fact name="Handled">
        {handledAt === null ? (
          found.outcome === 'refused' ? (
            'never: it was refused'
          ) : (
            'not yet'
          )
        ) : (
          <At at={handledAt} />
        )}
        {found.handledAfterMs === null ? '' : `, after ${found.handledAfterMs} ms`}
      </Fact>
      <Fact name="Signed with">
        {secret === null ? 'no secret that is configured' : `the secret ${shown(secret, 40)}`}
      </Fact>
    </dl>
  );
}

/** Why the signature does not match: found when it was received, since no signature is kept. */
function Clues(props: { found: Delivery; base: string }): VNode | null {
  const { base, found } = props;
  const { clues, outcome } = found;
  if (clues.length === 0 && outcome !== 'refused') return null;
  return (
    <section aria-labelledby="clues">
      <h2 id="clues">Why the signature does not match</h2>
      <Table
        label="Clues"
        columns={[
          { name: 'Clue', cell: ({ code }) => code },
          { name: 'It means', cell: ({ text }) => <span class="sentence">{shown(text, 500)}</span> },
          { name: 'What to do', cell: ({ todo }) => <span class="sentence">{shown(todo, 500)}</span> },
        ]}
        rows={clues}
        idOf={({ code }) => code}
        empty="It was not examined: it needs no signature to be refused, or too many came at once."
      />
      <p>
        <a href={`${base}/system#secrets`}>The fingerprints of the secrets in use</a> are on System.
      </p>
    </section>
  );
}

function Received({ found }: { found: Delivery }): VNode {
  const { method, target, claim, headers, query, bodyBytes } = found;
  const parameters = query.map(({ name, value }) => ({ name, value }));
  const given = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return (
    <section aria-labelledby="received">
      <h2 id="received">What was received</h2>
      <p>
        <code>
          {shown(method, 20)} {shown(target, 1_000)}
        </code>{' '}
        with a body of {bodyBytes} bytes. It claims <code>{shown(JSON.stringify(claim), 1_000)}</code>.
      </p>
      <Pairs label="Query" pairs={parameters} empty="It has no query." />
      <Pairs label="Headers" pairs={given} empty="No header is kept." />
    </section>
  );
}

function Pairs(props: {
  label: string;
  pairs: readonly { name: string; value: string }[];
  empty: string;
}): VNode {
  const { label, pairs, empty } = props;
  return (
    <Table
      label={label}
      columns={[
        { name: label, cell: ({ name }) => shown(name, 100) },
        { name: 'Value', cell: ({ value }) => <bdi>{shown(value, 300)}</bdi> },
      ]}
      rows={pairs}
      idOf={({ name }) => name}
      empty={empty}
    />
  );
}
