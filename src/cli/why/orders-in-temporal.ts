/** Finds orders by an id in Temporal, for when the store has no answer. */
import type { Client } from '@temporalio/client';
import type { ClientConfig } from '../../config/config.ts';
import {
  moneyWorkflowId,
  OrderReferenceKey,
  SessionIdKey,
  TransactionIdKey,
} from '../../workflows/messages.ts';
import { askTemporal, type Unasked } from '../ask-temporal.ts';

const MOST_RUNS = 100;

/** Searches by order, session, transaction, workflow, or a payment whose money was moved. Never throws. */
export async function findOrdersInTemporal(
  config: ClientConfig,
  q: string,
): Promise<readonly string[] | Unasked> {
  // No id of ours, of Temporal or of a known gateway contains these characters; in a query they would end the
  // string.
  if (/['"\\]/.test(q)) return [];
  return askTemporal(config, (client) => listOrders(client, q));
}

async function listOrders(client: Client, q: string): Promise<string[]> {
  const is = (name: string, value: string) => `${name} = '${value}'`;
  const query = [
    is(OrderReferenceKey.name, q),
    is(SessionIdKey.name, q),
    is(TransactionIdKey.name, q),
    is('WorkflowId', q),
    is('WorkflowId', moneyWorkflowId(q)),
  ].join(' or ');
  const found = new Set<string>();
  let left = MOST_RUNS;
  for await (const { typedSearchAttributes } of client.workflow.list({ query })) {
    const reference = typedSearchAttributes.get(OrderReferenceKey);
    if (typeof reference === 'string') found.add(reference);
    if ((left -= 1) === 0) break;
  }
  return [...found];
}
