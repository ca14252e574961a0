/** For somebody new: make orders, fill the lists, break something, and watch what paidonce does. */
import { randomBytes } from 'node:crypto';
import type { ComponentChildren, VNode } from 'preact';
import type { PaidonceClient } from '@paidonce/client';
import type { Glance } from '../glance.ts';
import type { Page } from '../page.ts';
import { ListPart, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, shown } from '../parts/text.ts';
import { TroubleNote } from '../parts/trouble.tsx';
import { may, part, type Part, type Visit } from '../visit.ts';
import { BY_HAND } from './test-bench-actions.tsx';

type Client = PaidonceClient['testBench'];
type Event = Awaited<ReturnType<Client['listEvents']>>['data'][number];
type Sample = Awaited<ReturnType<Client['listOrders']>>['data'][number];
type Faults = Awaited<ReturnType<Client['listFaults']>>;
type Fault = Faults['data'][number];
type Payment = Awaited<ReturnType<PaidonceClient['payments']['list']>>['data'][number];

const AT = '/test-bench';
const COUNTS = [10, 25, 50];

export const testBenchPage: Page = {
  path: AT,
  nav: 'Test bench',
  isThere: ({ sandboxes }: Glance) => sandboxes !== null,
  async show(visit, { query }) {
    const { testBench } = visit.api;
    const made = query.get('made');
    const [{ data: events }, samples, faults, payments] = await Promise.all([
      testBench.listEvents(),
      part(testBench.listOrders()),
      part(testBench.listFaults()),
      made === null ? null : part(visit.api.payments.list({ order: made, limit: 1 })),
    ]);
    const mayAct = may(visit, 'money');
    return {
      title: 'Test bench',
      above: (
        <>
          <p>
            No money is real here: the gateways are sandboxes of paidonce. Make an order, fill the lists, or
            break something, and watch on the other pages what paidonce does about it.
          </p>
          {payments !== null && <Made payment={payments.data?.data[0]} visit={visit} />}
          {mayAct ? (
            <>
              <MakeOrder events={events} wanted={query.get('gateway')} visit={visit} />
              <Fill visit={visit} />
            </>
          ) : (
            <p class="notice">Your key only reads: the scope money is needed to do anything here.</p>
          )}
        </>
      ),
      live: <Samples samples={samples} visit={visit} />,
      below: <Break faults={faults} visit={visit} mayAct={mayAct} />,
    };
  },
};

/** What was just made: where to pay it, and where to watch it. */
function Made({ payment, visit: { base } }: { payment: Payment | undefined; visit: Visit }): VNode | null {
  if (payment === undefined) return null;
  const { orderReference, status, checkoutUrl } = payment;
  return (
    <p class="notice good" role="status" id="made">
      Order <a href={`${base}/orders/${encodeURIComponent(orderReference)}`}>{shown(orderReference, 64)}</a>{' '}
      is made: <Pill word={status} />. Open it to watch what happens.{' '}
      {checkoutUrl !== null && (
        <a href={checkoutUrl} target="_blank" rel="noopener">
          Pay it at the sandbox’s page (new tab)
        </a>
      )}
    </p>
  );
}

function MakeOrder(props: { events: readonly Event[]; wanted: string | null; visit: Visit }): VNode {
  const { events, wanted, visit } = props;
  const gateways = [...new Set(events.map(({ gateway }) => gateway))];
  const gateway = gateways.find((id) => id === wanted) ?? gateways[0] ?? '';
  return (
    <section aria-labelledby="make">
      <h2 id="make">Make an order</h2>
      <Gateways ids={gateways} chosen={gateway} base={visit.base} />
      <BenchForm
        visit={visit}
        path="/order"
        hidden={{ gateway, order: `bench-${randomBytes(5).toString('hex')}` }}
        button={`Make it at ${shown(gateway, 40)}`}
      >
        <label>
          What happens
          <select name="event">
            <option value={BY_HAND}>I pay by hand, at the sandbox’s page</option>
            {events
              .filter((event) => event.gateway === gateway)
              .map(({ name, summary }) => (
                <option value={name}>
                  {name}: {summary}
                </option>
              ))}
          </select>
        </label>
        <label>
          Amount
          <input name="amount" required inputMode="decimal" value="722.00" autocomplete="off" />
        </label>
        <label>
          Currency
          <input name="currency" required value="NOK" pattern="[A-Z]{3}" autocomplete="off" />
        </label>
      </BenchForm>
    </section>
  );
}

function Gateways(props: { ids: readonly string[]; chosen: string; base: string }): VNode | null {
  const { ids, chosen, base } = props;
  if (ids.length < 2) return null;
  return (
    <p>
      At the gateway{' '}
      {ids.map((id) => (
        <>
          {id === chosen ? (
            <strong>{shown(id, 40)}</strong>
          ) : (
            <a href={link(`${base}${AT}`, { gateway: id })}>{shown(id, 40)}</a>
          )}{' '}
        </>
      ))}
    </p>
  );
}

function Fill({ visit }: { visit: Visit }): VNode {
  return (
    <section aria-labelledby="fill">
      <h2 id="fill">Fill the lists</h2>
      <BenchForm visit={visit} path="/fill" button="Make them">
        <label>
          Sample orders in every state
          <select name="count">
            {COUNTS.map((count) => (
              <option value={count} selected={count === 25}>
                {count}
              </option>
            ))}
          </select>
        </label>
      </BenchForm>
    </section>
  );
}

function Samples({
  samples,
  visit: { base },
}: {
  samples: Part<Awaited<ReturnType<Client['listOrders']>>>;
  visit: Visit;
}): VNode {
  const columns: Column<Sample>[] = [
    {
      name: 'Order',
      cell: ({ reference }) => (
        <a href={`${base}/orders/${encodeURIComponent(reference)}`}>{shown(reference, 64)}</a>
      ),
    },
    { name: 'Gateway', cell: ({ gateway }) => gateway },
    { name: 'State', cell: ({ state }) => <Pill word={state} /> },
    {
      name: 'What it shows',
      cell: ({ summary, problem }) => (
        <span class="sentence">{problem === null ? shown(summary) : shown(`${summary}; ${problem}`)}</span>
      ),
    },
  ];
  const { data, trouble } = samples;
  const list = data === undefined ? { trouble } : { data: { data: data.data, hasMore: false } };
  const ended = data?.data.filter(({ state }) => state === 'done' || state === 'failed').length ?? 0;
  const table = (
    <ListPart
      label="Sample orders"
      list={list}
      columns={columns}
      idOf={({ reference }) => reference}
      next={() => base}
      empty="No sample orders were made since the start of this process."
    />
  );
  if (data === undefined || data.data.length === 0) return table;
  return (
    <details id="samples">
      <summary>
        {ended} of {data.data.length} sample orders are made{data.running ? ' …' : '.'}
      </summary>
      {table}
    </details>
  );
}

function Break(props: { faults: Part<Faults>; visit: Visit; mayAct: boolean }): VNode {
  const { faults, ...acting } = props;
  const { visit, mayAct } = acting;
  const all = faults.data?.data ?? [];
  const on = all.filter((fault) => fault.on).length;
  return (
    <section aria-labelledby="break">
      <h2 id="break">Break something</h2>
      {faults.trouble !== undefined && <TroubleNote trouble={faults.trouble} what="What can be broken" />}
      <p>{on === 0 ? 'Everything works.' : `Broken now: ${on} of ${all.length}.`}</p>
      {mayAct && <BenchForm visit={visit} path="/repair" button="Repair everything" />}
      {[...new Set(all.map(({ of }) => of))].map((of, at) => (
        <FaultsOf of={of} faults={all.filter((fault) => fault.of === of)} isFirst={at === 0} {...acting} />
      ))}
    </section>
  );
}

function FaultsOf(props: {
  of: string;
  faults: readonly Fault[];
  isFirst: boolean;
  visit: Visit;
  mayAct: boolean;
}): VNode {
  const { of, faults, isFirst, ...acting } = props;
  const on = faults.filter((fault) => fault.on).length;
  return (
    <details open={isFirst || on > 0}>
      <summary>
        {shown(of, 60)} ({on === 0 ? `${faults.length} ways` : `${on} of ${faults.length} on`})
      </summary>
      <ul class="products">
        {faults.map((fault) => (
          <FaultCard fault={fault} {...acting} />
        ))}
      </ul>
    </details>
  );
}

function FaultCard(props: { fault: Fault; visit: Visit; mayAct: boolean }): VNode {
  const { fault, visit, mayAct } = props;
  const { id, summary, watch, page, on } = fault;
  return (
    <li class="card" id={id}>
      <p>
        <strong>{shown(summary)}</strong> <Pill word={on ? 'broken' : 'off'} />
      </p>
      <p class="small">{shown(watch)}</p>
      <p class="small">
        <a href={`${visit.base}${page}`}>
          Watch it<span class="unseen">: {shown(summary)}</span>
        </a>
      </p>
      {mayAct && (
        <BenchForm
          visit={visit}
          path="/fault"
          hidden={{ fault: id, on: String(!on) }}
          button={on ? 'Repair it' : 'Break it'}
          about={shown(summary)}
        />
      )}
    </li>
  );
}

interface BenchFormProps {
  readonly visit: Visit;
  readonly path: string;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly button: string;
  /** For those that do not see the card around it. */
  readonly about?: string;
  readonly children?: ComponentChildren;
}

/** Nothing real can happen, so it acts at once, without a page that repeats the effect. */
function BenchForm({ visit, path, hidden = {}, button, about, children }: BenchFormProps): VNode {
  return (
    <form method="post" action={`${visit.base}${AT}${path}`} class="bench">
      <input type="hidden" name="csrf" value={visit.who.csrf} />
      {Object.entries(hidden).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
      <button type="submit">
        {button}
        {about !== undefined && <span class="unseen">: {about}</span>}
      </button>
    </form>
  );
}
