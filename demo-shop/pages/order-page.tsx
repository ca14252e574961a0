import type { VNode } from 'preact';
import type { WayToPay } from '../paidonce-api.ts';
import { failureInWords, inWords, payLabel, stateOf } from '../order-state.ts';
import type { OrderView } from '../order-view.ts';
import { Badge } from './badge.tsx';
import { formatAmount } from './format.ts';
import { Page } from './layout.tsx';
import { MoneySection } from './money-section.tsx';
import { PayWith } from './pay-with.tsx';
import { PaymentFacts } from './payment-facts.tsx';
import { Timeline } from './timeline.tsx';
import { UpdatesTable } from './updates-table.tsx';
import { Waiting } from './waiting.tsx';

/** The page of one order. `version` identifies its present content, so that the stream sends only changes. */
export function OrderPage(props: { view: OrderView; version: string; now: number }): VNode {
  const { view, version, now } = props;
  const { reference } = view.record;
  const state = stateOf(view.record);
  return (
    <Page title={`Order ${reference}`} temporalUiUrl={view.temporalUiUrl} refresh live>
      <p class="unseen" role="status" id="announcement">
        {inWords(state).label}
      </p>
      <div id="live" data-version={version} data-events={`/orders/${encodeURIComponent(reference)}/events`}>
        <OrderLive view={view} now={now} />
      </div>
    </Page>
  );
}

/** The live part of the page. Without `now` it stays the same as long as nothing changes. */
export function OrderLive({ view, now }: { view: OrderView; now?: number }): VNode {
  return (
    <>
      <OrderHead view={view} />
      <Waiting next={view.nextLook} now={now} />
      {view.problem !== undefined && (
        <p class="notice" role="note">
          Part of this page is missing: {view.problem.message} (code <code>{view.problem.code}</code>)
        </p>
      )}
      <MoneySection view={view} />
      <PaymentFacts view={view} />
      <UpdatesTable updates={view.record.updates} />
      <Timeline entries={view.payment?.timeline ?? []} />
    </>
  );
}

function OrderHead({ view: { record, apiOrder, payment, ways } }: { view: OrderView }): VNode {
  const state = stateOf(record);
  const label = payLabel(record, apiOrder?.status);
  const failure = failureInWords(payment?.status ?? '');
  return (
    <section class="head card" aria-label="Order">
      <div>
        <h1>Order {record.reference}</h1>
        <p class="muted">
          {record.placed
            ? `${record.placed.quantity} × ${record.placed.description}`
            : 'This order was created outside the shop. The shop knows only its updates.'}
        </p>
      </div>
      <p class="price">{amountOf(record)}</p>
      <p>
        <Badge state={state} big /> <span class="muted">{inWords(state).sentence}</span>
      </p>
      <PayButton reference={record.reference} label={label} ways={ways} chosen={payment?.gateway} />
      {label !== null && failure !== null && (
        <p class="notice">{failure}, and nothing was charged. You can pay in another way.</p>
      )}
    </section>
  );
}

function PayButton({
  reference,
  label,
  ways,
  chosen,
}: {
  reference: string;
  label: string | null;
  ways: readonly WayToPay[];
  chosen: string | undefined;
}): VNode | null {
  if (label === null) return null;
  return (
    <form method="post" action={`/orders/${encodeURIComponent(reference)}/pay`}>
      <PayWith ways={ways} chosen={chosen} />
      <button type="submit">{label}</button>
    </form>
  );
}

function amountOf(record: OrderView['record']): string {
  if (record.placed) return formatAmount(record.placed.amountMinor, record.placed.currency);
  return record.latest ? formatAmount(record.latest.data.amount, record.latest.data.currency) : '';
}
