/** One order: is it paid, who believes what, what happened, and what can be done. */
import type { VNode } from 'preact';
import type { Page, Shown } from '../page.ts';
import { Table, type Column } from '../parts/list.tsx';
import { MoneyBar } from '../parts/money-bar.tsx';
import { Pill } from '../parts/pill.tsx';
import { Sides } from '../parts/sides.tsx';
import { SwimLanes } from '../parts/swim-lanes.tsx';
import { money, shown } from '../parts/text.ts';
import { Ago, At } from '../parts/time.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { type Part, type Visit } from '../visit.ts';
import { crossingsOf } from './crossings.ts';
import { deliveryColumns } from './delivery-columns.tsx';
import { sidesOf } from './order-sides.ts';
import {
  type Delivery,
  goingBack,
  mainPayment,
  type Operation,
  type OrderStory,
  type Payment,
  type PaymentStory,
  readOrderStory,
  type Update,
} from './order-story.ts';
import { gatewayNamed } from './named-gateway.ts';
import { PaymentFacts } from './payment-facts.tsx';
import { PaymentForms } from './payment-forms.tsx';
import { doneOf, Result, type Done } from './result.tsx';
import { SupportAnswer } from './support-answer.tsx';
import { updateColumns } from './update-columns.tsx';
import { verdictOn } from './verdict.ts';

export const orderPage: Page = {
  path: '/orders/:reference',
  async show(visit, { params }) {
    const story = await readOrderStory(visit, params['reference'] ?? '');
    return pageOf(visit, story, { of: mainPayment(story), done: null });
  },
};

/** The same page, about one of the order's payments. */
export const paymentPage: Page = {
  path: '/payments/:id',
  async show(visit, { params, query }) {
    const id = params['id'] ?? '';
    const { orderReference } = await visit.api.payments.retrieve(id);
    const story = await readOrderStory(visit, orderReference, id);
    const of = story.payments.find(({ payment }) => payment.id === id);
    return pageOf(visit, story, { of, done: doneOf(query) });
  },
};

interface About {
  readonly of: PaymentStory | undefined;
  /** What the person has just done. */
  readonly done: Done | null;
}

async function pageOf(visit: Visit, story: OrderStory, { of, done }: About): Promise<Shown> {
  const { order } = story;
  const { name: gateway, transactionPage } = await gatewayNamed(visit, of?.payment.gateway ?? '');
  const transactionId = of?.payment.transactionId ?? null;
  const atGateway = transactionId === null ? null : transactionPage(transactionId);
  return {
    title: `Order ${order.reference}`,
    above: of !== undefined && <PaymentForms of={of} visit={visit} />,
    live: (
      <>
        {done !== null && of !== undefined && <Result of={of} done={done} />}
        <Head story={story} of={of} gateway={gateway} atGateway={atGateway} visit={visit} />
        {of !== undefined && <OfPayment story={story} of={of} gateway={gateway} visit={visit} />}
        <Payments story={story} shown={of?.payment.id} visit={visit} />
        <Updates updates={story.updates} visit={visit} />
      </>
    ),
  };
}

interface PartProps {
  readonly story: OrderStory;
  readonly of: PaymentStory;
  readonly gateway: string;
  readonly visit: Visit;
}

function Head({
  story,
  of,
  gateway,
  atGateway,
  visit,
}: Omit<PartProps, 'of'> & { of: PaymentStory | undefined; atGateway: string | null }): VNode {
  const { order } = story;
  return (
    <section class="card" aria-label="Verdict">
      <p class="verdict">
        <Pill word={order.status} big />
        {verdictOn(story, gateway, visit.now).map((sentence) => (
          <span> {shown(sentence, 500)}</span>
        ))}
      </p>
      <p class="price">{money(order.amount, order.currency)}</p>
      <SupportAnswer story={story} />
      {of !== undefined && <Links payment={of.payment} gateway={gateway} atGateway={atGateway} />}
    </section>
  );
}

/** `atGateway`: the page of the transaction there. */
function Links(props: { payment: Payment; gateway: string; atGateway: string | null }): VNode {
  const { payment, gateway, atGateway } = props;
  const { url } = payment.workflow;
  return (
    <p class="small">
      {atGateway !== null && (
        <>
          <a href={atGateway} rel="noreferrer">{`Transaction at ${gateway}`}</a>{' '}
        </>
      )}
      {url !== null && /^https?:/.test(url) && (
        <>
          <a href={url}>Run {shown(payment.workflow.workflowId, 100)} in the Temporal Web UI</a>{' '}
        </>
      )}
      <span class="muted">
        On a command line: <code>{`paidonce why ${payment.orderReference}`}</code>
      </span>
    </p>
  );
}

function OfPayment({ story, of, gateway, visit }: PartProps): VNode {
  const { payment, operations, deliveries } = of;
  const { sides, differs, compared } = sidesOf(story, of, gateway);
  const currency = payment.accepted?.currency ?? payment.currency;
  return (
    <>
      <section aria-labelledby="sides">
        <h2 id="sides">Who believes what</h2>
        <Sides sides={sides} differs={differs} compared={compared} />
        <MoneyBar
          currency={currency}
          authorized={payment.authorizedAmount}
          captured={payment.capturedAmount}
          refunded={payment.refundedAmount}
          goingBack={goingBack(of)}
        />
      </section>
      <section aria-labelledby="facts">
        <h2 id="facts">Payment {shown(payment.id)}</h2>
        <PaymentFacts payment={payment} now={visit.now} />
        <SwimLanes
          crossings={crossingsOf(of, story.updates.data ?? [])}
          names={{ payer: 'Payer', gateway, paidonce: 'paidonce', shop: 'Shop' }}
        />
      </section>
      <Timeline payment={payment} />
      <Operations operations={operations} visit={visit} />
      <Callbacks deliveries={deliveries} visit={visit} />
      <details id="raw">
        <summary>Raw JSON</summary>
        <pre>{JSON.stringify(payment, null, 2).slice(0, 60_000)}</pre>
      </details>
    </>
  );
}

/** The steps of the workflow itself are folded: readers look for causes first. */
function Timeline({ payment }: { payment: Payment }): VNode {
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="timeline">
        {payment.timeline.map(({ at, kind, text, data }) => (
          <li
            data-transaction={
              typeof data['transactionId'] === 'string' ? shown(data['transactionId'], 100) : undefined
            }
          >
            <At at={at} />
            <span class={`kind ${kind}`}>{kind}</span>
            <details>
              <summary>
                <bdi>{shown(text, 500)}</bdi>
              </summary>
              <pre>{JSON.stringify(data, null, 2).slice(0, 10_000)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function operationColumns({ now }: Visit): Column<Operation>[] {
  return [
    { name: 'Kind', cell: ({ kind }) => kind },
    { name: 'Reference', cell: ({ reference }) => shown(reference, 80) },
    { name: 'Amount', isNumber: true, cell: ({ amount, currency }) => money(amount, currency) },
    { name: 'Status', cell: ({ status }) => <Pill word={status} /> },
    { name: 'Cause', cell: ({ cause, key }) => (key === null ? cause : `${cause}, key ${key}`) },
    { name: 'Reason', cell: ({ reason }) => (reason === undefined ? '—' : shown(reason, 120)) },
    {
      name: 'Why it failed',
      cell: ({ problem }) =>
        problem === undefined ? '—' : `${shown(problem.detail, 200)} (${shown(problem.code, 60)})`,
    },
    { name: 'Asked', cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
    {
      name: 'Ended',
      cell: ({ finishedAt }) => (finishedAt === null ? 'under way' : <Ago at={finishedAt} now={now} />),
    },
  ];
}

function Operations({ operations, visit }: { operations: Part<readonly Operation[]>; visit: Visit }): VNode {
  return (
    <section aria-labelledby="operations">
      <h2 id="operations">Operations</h2>
      {operations.trouble !== undefined ? (
        <TroubleNote trouble={operations.trouble} what="Operations" />
      ) : (
        <Table
          label="Operations"
          columns={operationColumns(visit)}
          rows={operations.data}
          idOf={({ id }) => id}
          transactionOf={({ transactionId }) => transactionId}
          empty="No money was moved by an operation."
        />
      )}
    </section>
  );
}

function Callbacks({ deliveries, visit }: { deliveries: Part<readonly Delivery[]>; visit: Visit }): VNode {
  return (
    <section aria-labelledby="callbacks">
      <h2 id="callbacks">Callbacks</h2>
      {deliveries.trouble !== undefined ? (
        <TroubleNote trouble={deliveries.trouble} what="Callbacks" />
      ) : (
        <Table
          label="Callbacks"
          columns={deliveryColumns(visit)}
          rows={deliveries.data}
          idOf={({ id }) => id}
          transactionOf={({ claim }) => claim['transactionId'] ?? null}
          empty="The gateway has sent no callback about this payment."
        />
      )}
    </section>
  );
}

function Updates({ updates, visit }: { updates: Part<readonly Update[]>; visit: Visit }): VNode {
  return (
    <section aria-labelledby="updates">
      <h2 id="updates">Updates to the shop</h2>
      {updates.trouble !== undefined ? (
        <TroubleNote trouble={updates.trouble} what="Updates" />
      ) : (
        <Table
          label="Updates to the shop"
          columns={updateColumns(visit)}
          rows={updates.data}
          idOf={({ effectId }) => effectId}
          empty="The shop was told nothing about this order."
        />
      )}
    </section>
  );
}

function Payments({
  story,
  shown: shownId,
  visit,
}: {
  story: OrderStory;
  shown: string | undefined;
  visit: Visit;
}): VNode | null {
  if (story.payments.length < 2) return null;
  const { base, now } = visit;
  const columns: Column<PaymentStory>[] = [
    {
      name: 'Payment',
      cell: ({ payment: { id } }) => (
        <a
          href={`${base}/payments/${encodeURIComponent(id)}`}
          aria-current={id === shownId ? 'true' : undefined}
        >
          {id}
        </a>
      ),
    },
    { name: 'Status', cell: ({ payment }) => <Pill word={payment.status} /> },
    { name: 'Amount', isNumber: true, cell: ({ payment }) => money(payment.amount, payment.currency) },
    { name: 'Gateway', cell: ({ payment }) => payment.gateway },
    { name: 'Reason', cell: ({ payment: { reason } }) => (reason === null ? '—' : shown(reason, 120)) },
    { name: 'Created', cell: ({ payment }) => <Ago at={payment.createdAt} now={now} /> },
  ];
  return (
    <section aria-labelledby="attempts">
      <h2 id="attempts">Payments of this order</h2>
      <Table
        label="Payments of this order"
        columns={columns}
        rows={story.payments}
        idOf={({ payment }) => payment.id}
        transactionOf={({ payment }) => payment.transactionId}
        empty=""
      />
      {story.left > 0 && <p class="muted">{story.left} older payments are not shown.</p>}
    </section>
  );
}
