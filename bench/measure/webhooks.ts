/** What the webhooks of one payment cost where a gateway sends several about the same facts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stand } from '../stand/stand.ts';
import { until } from '../stand/waiting.ts';

export interface WebhookFigures {
  /** Of all runs of a paid session; the most of a few tries. */
  readonly events: number;
  readonly runs: number;
  /** Reads of the gateway for one paid session. */
  readonly reads: number;
  readonly webhooks: number;
}

const TRIES = 5;
/** A run that one of the webhooks asks for begins within this time. */
const SETTLED_MS = 3_000;

export async function measureWebhooks({ embedded, stripe, sink, temporal }: Stand): Promise<WebhookFigures> {
  const client = temporal.client(embedded.namespace);
  const all: WebhookFigures[] = [];
  for (let index = 0; index < TRIES; index += 1) {
    const reference = `webhooks-${index}`;
    const before = await stripe.reads();
    const { sessionId, workflow } = await embedded.open(reference, 'stripe');
    const told = sink.paid(reference);
    await stripe.pay(sessionId);
    await told;
    await sleep(SETTLED_MS);
    const webhooks = await until('the webhooks', () => stripe.answered(sessionId));
    const runs: number[] = [];
    const query = `WorkflowId = '${workflow.workflowId}'`;
    for await (const { historyLength } of client.workflow.list({ query })) runs.push(historyLength ?? 0);
    const events = runs.reduce((sum, length) => sum + length, 0);
    all.push({ events, runs: runs.length, reads: (await stripe.reads()) - before, webhooks });
  }
  const most = (of: (one: WebhookFigures) => number) => Math.max(...all.map(of));
  return {
    events: most(({ events }) => events),
    runs: most(({ runs }) => runs),
    reads: most(({ reads }) => reads),
    webhooks: most(({ webhooks }) => webhooks),
  };
}
