import type { VNode } from 'preact';
import type { OrderRecord } from '../order-book.ts';
import { stateOf } from '../order-state.ts';
import { Badge } from './badge.tsx';
import { formatAmount, formatDay } from './format.ts';
import { Page } from './layout.tsx';

/** The newest orders; `total` may be larger than their number. */
export function OrdersPage(props: {
  records: readonly OrderRecord[];
  total: number;
  temporalUiUrl: string | undefined;
}): VNode {
  return (
    <Page title="Orders" temporalUiUrl={props.temporalUiUrl}>
      <h1>Orders</h1>
      {props.total === 0 ? (
        <p class="lead">
          There are no orders yet. <a href="/">Buy something.</a>
        </p>
      ) : (
        <OrderTable records={props.records} />
      )}
      {props.total > props.records.length && (
        <p class="muted">
          The newest {props.records.length} of {props.total}.
        </p>
      )}
    </Page>
  );
}

function OrderTable({ records }: { records: readonly OrderRecord[] }): VNode {
  return (
    <div class="scroll" role="region" aria-label="Orders" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">State</th>
            <th scope="col">What</th>
            <th scope="col" class="number">
              Amount
            </th>
            <th scope="col" class="number">
              Updates
            </th>
            <th scope="col">Placed (UTC)</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <OrderRow key={record.reference} record={record} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OrderRow({ record }: { record: OrderRecord }): VNode {
  const { placed, latest, reference } = record;
  const amount = placed ? formatAmount(placed.amountMinor, placed.currency) : undefined;
  const told = latest ? formatAmount(latest.data.amount, latest.data.currency) : '–';
  return (
    <tr>
      <th scope="row">
        <a href={`/orders/${encodeURIComponent(reference)}`}>{reference}</a>
      </th>
      <td>
        <Badge state={stateOf(record)} />
      </td>
      <td>{placed ? `${placed.quantity} × ${placed.description}` : 'created outside the shop'}</td>
      <td class="number">{amount ?? told}</td>
      <td class="number">{record.updates.length}</td>
      <td>{placed ? formatDay(placed.placedAt) : '–'}</td>
    </tr>
  );
}
