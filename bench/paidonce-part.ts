/**
 * The whole product: opened over HTTP, paid at the sandbox, called back, and finished when the merchant has
 * the update.
 */
import type { Finished, Part } from './part.ts';
import type { OpenedSession, ProductStand } from './stand/product.ts';
import type { Paid, SandboxStand, SignedCallback } from './stand/sandbox.ts';
import type { StripeStand } from './stand/stripe-sandbox.ts';
import type { HeardUpdate, Sink } from './stand/sink.ts';

export interface Surroundings {
  readonly sandbox: SandboxStand;
  readonly sink: Sink;
}

export function paidoncePart(product: ProductStand, { sandbox, sink }: Surroundings): Part {
  return {
    name: product.name,
    processes: [...product.processes, sandbox.process],
    async busy(reference) {
      const { opened, openMs } = await open(product, reference);
      const told = sink.paid(reference);
      await sandbox.pay(opened.sessionId);
      const update = await told;
      const sample = async () => since(openMs, await sandbox.callbackSentAt(opened.sessionId), update);
      return finished(product, opened, sample);
    },
    async alone(reference) {
      const { opened, openMs } = await open(product, reference);
      const callback = await paySilently(sandbox, opened.sessionId);
      const told = sink.paid(reference);
      const sentAt = Date.now();
      const ackMs = await send(callback);
      const update = await told;
      return finished(product, opened, () => Promise.resolve({ ...since(openMs, sentAt, update), ackMs }));
    },
  };
}

/** The same at Stripe, which calls the account instead of the session, five times for a payment. */
export function stripePart(
  product: ProductStand,
  { stripe, sink }: { readonly stripe: StripeStand; readonly sink: Sink },
): Part {
  const whole: Part['busy'] = async (reference) => {
    const { opened, openMs } = await open(product, reference, 'stripe');
    const told = sink.paid(reference);
    await stripe.pay(opened.sessionId);
    const update = await told;
    const sample = async () => since(openMs, await stripe.callbackSentAt(opened.sessionId), update);
    return finished(product, opened, sample);
  };
  return {
    name: `${product.name}-stripe`,
    processes: [...product.processes, stripe.process],
    busy: whole,
    alone: whole,
  };
}

/**
 * The payer has paid, and Dintero sends no callback: the function returns the callback for the bench to send.
 */
export async function paySilently(
  sandbox: SandboxStand,
  sessionId: string,
): Promise<SignedCallback & { paid: Paid }> {
  const paid = await sandbox.pay(sessionId, { callback: false });
  return { ...(await sandbox.callback(paid)), paid };
}

/** Sends a callback; returns the milliseconds until the answer. @throws Error on anything but 200. */
export async function send({ url, headers }: SignedCallback): Promise<number> {
  const begun = performance.now();
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a callback was answered ${response.status}`);
  return performance.now() - begun;
}

async function open(
  product: ProductStand,
  reference: string,
  gateway?: string,
): Promise<{ opened: OpenedSession; openMs: number }> {
  const begun = performance.now();
  const opened = await product.open(reference, gateway);
  return { opened, openMs: performance.now() - begun };
}

function since(openMs: number, sentAt: number, { paidAt, at }: HeardUpdate) {
  return { openMs, callbackToPaidMs: paidAt - sentAt, callbackToToldMs: at - sentAt };
}

function finished(
  { namespace }: ProductStand,
  { workflow }: OpenedSession,
  sample: Finished['sample'],
): Finished {
  return { workflowId: workflow.workflowId, namespace, sample };
}
