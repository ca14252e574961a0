import type { ComponentChildren, VNode } from 'preact';
import { shownPaymentId } from '../order-state.ts';
import type { OrderView } from '../order-view.ts';
import { safeHttpUrl } from './format.ts';

/** The present answers of paidonce's API about the order and its payment. */
export function PaymentFacts({ view }: { view: OrderView }): VNode {
  const { payment, apiOrder, record } = view;
  const others = (apiOrder?.payments.length ?? record.paymentIds.length) - 1;
  return (
    <section aria-labelledby="payment">
      <h2 id="payment">Payment</h2>
      <dl class="facts">
        <Fact name="Payment">
          <code>{payment?.id ?? shownPaymentId(record) ?? 'none yet'}</code>
          {others > 0 && <span class="muted"> and {others} other for this order</span>}
        </Fact>
        <Fact name="Payment status">
          <code>{payment?.status ?? 'unknown'}</code>
          {payment?.reason && <span> {payment.reason}</span>}
        </Fact>
        <Fact name="Gateway">
          <code>{payment?.gateway ?? 'unknown'}</code>
        </Fact>
        <Fact name="Order status">
          <code>{apiOrder?.status ?? 'unknown'}</code>
        </Fact>
        <Fact name="Transaction">
          {payment?.transactionId ? <code>{payment.transactionId}</code> : 'none yet'}
        </Fact>
        <Fact name="Workflow">
          <WorkflowLink view={view} />
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function WorkflowLink({ view }: { view: OrderView }): VNode {
  const workflow = view.payment?.workflow;
  const url = safeHttpUrl(workflow?.url);
  if (!workflow) return <>unknown</>;
  if (url === undefined) return <code>{workflow.workflowId}</code>;
  return (
    <a href={url}>
      <code>{workflow.workflowId}</code> in Temporal
    </a>
  );
}
