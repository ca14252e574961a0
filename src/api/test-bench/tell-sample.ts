/** Makes one sample order, by the calls of a shop and of its payer. */
import { z } from 'zod';
import { eventNamed } from '../../gateways/running-sandbox.ts';
import { payment as paymentView } from '../payments/payment-schemas.ts';
import { Refusal } from '../refusal.ts';
import { playEvent, type Stage } from './play-event.ts';
import type { Sample, Step } from './samples.ts';
import { hasMoney, readTrial, TRIAL_AMOUNT, untilPayment, type Payment } from './trial-payment.ts';

/** @throws Refusal | SandboxRefused */
export async function tellSample(
  stage: Stage,
  { steps, livesMs }: Sample,
  order: { readonly reference: string; readonly amount: number },
): Promise<void> {
  const opened = await stage.service.post(
    '/v1/payments',
    {
      gateway: stage.gateway,
      order: { ...order, currency: TRIAL_AMOUNT.currency },
      ...(livesMs !== undefined && { expiresAt: new Date(Date.now() + livesMs).toISOString() }),
    },
    paymentView,
  );
  for (const step of steps) await carryOut(stage, opened, step);
}

async function carryOut(stage: Stage, opened: Payment, step: Step): Promise<void> {
  const { id } = opened;
  const { service, sandbox } = stage;
  const path = `/v1/payments/${id}`;
  if (step === 'cancel') {
    await service.post(`${path}/cancel`, {}, z.unknown()).catch((error: unknown) => {
      // A look may have closed it before, since the session looks ended while the payer is at the bank's page.
      if (!(error instanceof Refusal && error.code === 'not_cancellable')) throw error;
    });
  } else if (step === 'give_back') {
    await untilPayment(service, id, ({ status }) => status === 'REVIEW');
    await service.post(`${path}/resolve`, { decision: step, reason: 'a sample of a decision' }, z.unknown());
  } else if ('event' in step) {
    const event = eventNamed(sandbox, step.event);
    // A payer at the page pays also what the shop has cancelled since.
    await playEvent(stage, event, event.happensTo === 'open' ? opened : await readTrial(service, id));
  } else {
    const { move, share } = step;
    const isReady = move === 'refund' ? isCaptured : hasMoney;
    const { amount } = await untilPayment(service, id, isReady);
    const body = { reference: move, ...(share !== undefined && { amount: Math.ceil(amount * share) }) };
    await service.post(`${path}/${move}`, body, z.unknown()).catch((error: unknown) => {
      // Where a payment can be captured once only, the rest must go back with it.
      const isOnce = error instanceof Refusal && error.code === 'operation_not_possible';
      if (!isOnce || move !== 'capture') throw error;
      return service.post(
        `${path}/${move}`,
        { ...body, reference: `${move}-2`, finalCapture: true },
        z.unknown(),
      );
    });
  }
}

function isCaptured({ capturedAmount }: Payment): boolean {
  return capturedAmount > 0;
}
