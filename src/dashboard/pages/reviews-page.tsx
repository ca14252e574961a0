/** Payments that wait for a decision: why, what differs, what helped before. */
import type { VNode } from 'preact';
import type { Page } from '../page.ts';
import { chosen, Filters, type Filter } from '../parts/list.tsx';
import { money, shown } from '../parts/text.ts';
import { Ago } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Part, type Visit } from '../visit.ts';
import { gatewayNamed } from './named-gateway.ts';
import type { Payment } from './order-story.ts';
import { heldBy, readingOf, textOf } from './reading.ts';
import { REVIEW_HELP } from './review-help.ts';

const FILTERS: readonly Filter[] = [
  { name: 'reason', label: 'Reason', words: Object.keys(REVIEW_HELP) },
  { name: 'gateway', label: 'Gateway' },
];

/** Each card reads its payment with its timeline, so there are few on a page. */
/** Each is a call of its own. */
const CARDS = 10;

export const reviewsPage: Page = {
  path: '/reviews',
  nav: 'Reviews',
  async show(visit, { query }) {
    const { reason, gateway } = chosen(FILTERS, query);
    const found = await part(readReviews(visit, gateway));
    const cards = found.data?.payments.filter(
      (payment) => reason === undefined || codeOf(payment) === reason,
    );
    const names = new Map(
      await Promise.all(
        [...new Set(cards?.map((payment) => payment.gateway))].map(
          async (id) => [id, (await gatewayNamed(visit, id)).name] as const,
        ),
      ),
    );
    return {
      title: 'Reviews',
      above: <Filters filters={FILTERS} query={query} at={`${visit.base}/reviews`} />,
      live: (
        <>
          <Summary found={found} base={visit.base} />
          {cards?.map((payment) => (
            <Card payment={payment} gateway={names.get(payment.gateway) ?? payment.gateway} visit={visit} />
          ))}
          {cards?.length === 0 && <p class="muted empty">No payment waits for a decision.</p>}
        </>
      ),
    };
  },
};

interface Reviews {
  readonly payments: readonly Payment[];
  readonly hasMore: boolean;
}

async function readReviews({ api }: Visit, gateway: string | undefined): Promise<Reviews> {
  const list = await api.payments.list({
    review: 'true',
    limit: CARDS,
    ...(gateway !== undefined && { gateway }),
  });
  const payments = await Promise.all(list.data.map(({ id }) => api.payments.retrieve(id)));
  return { payments, hasMore: list.hasMore };
}

/** How many there are of each reason; each leads to them. */
function Summary({ found, base }: { found: Part<Reviews>; base: string }): VNode {
  if (found.trouble !== undefined) return <TroubleNote trouble={found.trouble} what="Reviews" />;
  const counts = new Map<string, number>();
  for (const payment of found.data.payments)
    counts.set(codeOf(payment), (counts.get(codeOf(payment)) ?? 0) + 1);
  return (
    <p>
      {[...counts].map(([code, count]) => (
        <>
          <a href={`${base}/reviews?reason=${encodeURIComponent(code)}`}>{shown(code, 40)}</a>: {count}{' '}
        </>
      ))}
      {found.data.hasMore && (
        <span class="muted">These are the newest {CARDS}; older ones follow as these end.</span>
      )}
    </p>
  );
}

function codeOf({ reason, reviewMark }: Payment): string {
  return /^[a-z_]+/.exec(reviewMark ?? reason ?? '')?.[0] ?? 'unclear';
}

function Card({ payment, gateway, visit }: { payment: Payment; gateway: string; visit: Visit }): VNode {
  const { base, now } = visit;
  const code = codeOf(payment);
  const help = REVIEW_HELP[code];
  const at = `${base}/payments/${encodeURIComponent(payment.id)}`;
  return (
    <section class="card review" aria-label={`Order ${payment.orderReference}`}>
      <h2>
        <a href={at}>Order {shown(payment.orderReference, 64)}</a>: {shown(code, 40)}
      </h2>
      <p>
        <bdi>{shown(payment.reviewMark ?? payment.reason ?? 'no reason given', 400)}</bdi>, since{' '}
        <Ago at={payment.updatedAt} now={now} />
      </p>
      <Differences payment={payment} gateway={gateway} />
      {help !== undefined && (
        <p>
          <strong>Look at:</strong> {help.lookAt}. <strong>Then:</strong> {help.decide}.
        </p>
      )}
      {may(visit, 'money') && (
        <p class="moves">
          {decisionsOf(payment).map((decision) => (
            <a class="button" href={`${at}/resolve?decision=${decision}`}>
              {decision}: {MEANINGS[decision]}
            </a>
          ))}
        </p>
      )}
    </section>
  );
}

const MEANINGS: Readonly<Record<string, string>> = {
  accept: 'take it as paid',
  give_back: 'the payer gets it back',
  dismiss: 'I handle it at the gateway',
};

function decisionsOf({ status }: Payment): string[] {
  return status === 'REVIEW' ? ['accept', 'give_back', 'dismiss'] : ['give_back', 'dismiss'];
}

function Differences({ payment, gateway }: { payment: Payment; gateway: string }): VNode {
  const read = readingOf(payment);
  const rows = [
    ['Amount', money(payment.amount, payment.currency), heldBy(read, payment.currency)],
    ['Status', payment.status, textOf(read, 'status')],
    ['Transaction', payment.transactionId ?? '—', textOf(read, 'transactionId')],
    ['Session', payment.sessionId ?? '—', textOf(read, 'sessionId')],
  ] as const;
  return (
    <div
      class="scroll"
      role="region"
      aria-label={`What differs, order ${payment.orderReference}`}
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Of what</th>
            <th scope="col">Asked or known here</th>
            <th scope="col">{shown(gateway, 40)} says</th>
          </tr>
        </thead>
        <tbody>
          {rows
            .filter(([, , there]) => there !== '—')
            .map(([name, here, there]) => (
              <tr class={name === 'Amount' && here !== there ? 'differs' : undefined}>
                <th scope="row">{name}</th>
                <td>{shown(here, 100)}</td>
                <td>{shown(there, 100)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
