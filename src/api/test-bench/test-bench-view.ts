/** The requests and answers of the test bench: contract §3. */
import { z } from 'zod';
import { GATEWAYS } from '../../gateways/registry.ts';
import { amount, reference, text } from '../http/fields.ts';
import { currency } from '../payments/payment-requests.ts';
import { payment } from '../payments/payment-schemas.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';
import type { Fault } from './faults.ts';
import type { SampleOrder } from './sample-orders.ts';
import type { Stand } from './sandboxes.ts';
import type { Played } from './test-bench.ts';

const [{ id: GATEWAY, name: NAME, document }] = GATEWAYS;

const testEvent = z
  .object({
    gateway: z.string(),
    name: z.string(),
    summary: z.string(),
    happensTo: z.enum(['open', 'paid']).meta({
      description:
        'A payment that can still be paid, or one that holds money; one that is open is then paid first',
    }),
  })
  .meta({ id: 'TestEvent' });

export const eventsAnswer = z.object({ data: z.array(testEvent) });

export const eventsExample = {
  data: [
    {
      gateway: GATEWAY,
      name: 'duplicate',
      summary: 'the payer pays; the callback comes three times, with a delivery id each',
      happensTo: 'open' as const,
    },
  ],
};

export function viewEvents(stands: readonly Stand[]): z.infer<typeof eventsAnswer> {
  const data = stands.flatMap(({ gateway, sandbox }) =>
    sandbox.events.map(({ name, summary, happensTo }) => ({ gateway, name, summary, happensTo })),
  );
  return { data };
}

export const playRequest = z
  .strictObject({
    event: text(60)
      .optional()
      .meta({ description: 'One of `GET /v1/test/events`; without it the payment is only opened' }),
    gateway: text(40)
      .optional()
      .meta({ description: 'Default: that of the payment, or the default gateway' }),
    payment: text(200)
      .optional()
      .meta({ description: 'The event happens to this payment; default: to that of `order`' }),
    order: z
      .strictObject({ reference, amount, currency })
      .optional()
      .meta({ description: 'Opened as `POST /v1/payments` opens it; default: a new order over 125.00 NOK' }),
  })
  .refine(({ payment: given, order }) => given === undefined || order === undefined, {
    path: ['order'],
    message: 'either a payment or an order',
  })
  .refine(({ payment: given, event }) => given === undefined || event !== undefined, {
    path: ['event'],
    message: 'the event that happens to the payment',
  })
  .meta({ id: 'PlayTestEvent' });

export const playExamples = {
  'a new order': { event: 'duplicate' },
  'a payment that there is': { event: 'refund', payment: PAYMENT_ID },
  'paid by hand': { order: { reference: '1001', amount: 72200, currency: 'NOK' } },
};

export const playAnswer = z
  .object({
    payment: payment.shape.id,
    orderReference: reference,
    status: payment.shape.status,
    checkoutUrl: payment.shape.checkoutUrl,
    sent: z
      .array(z.object({ call: z.string(), body: z.record(z.string(), z.unknown()) }))
      .meta({ description: 'The calls of the sandbox that were made' }),
  })
  .meta({ id: 'PlayedTestEvent' });

export const playedExample = {
  payment: PAYMENT_ID,
  orderReference: 'bench-5f0c1d22ab',
  status: 'PENDING' as const,
  checkoutUrl: document.example.checkoutUrl,
  sent: [
    {
      call: `POST /__sim/sessions/${document.example.sessionId}/pay`,
      body: { outcome: 'authorize', callback: [{ copies: 3 }] },
    },
  ],
};

export function viewPlayed({ payment: of, sent }: Played): z.infer<typeof playAnswer> {
  const { id, orderReference, status, checkoutUrl } = of;
  const calls = sent.map(({ call, body }) => ({ call, body: { ...body } }));
  return { payment: id, orderReference, status, checkoutUrl, sent: calls };
}

export const samplesRequest = z
  .strictObject({ count: z.int('a whole number').min(1, 'at least 1').max(50, 'at most 50') })
  .meta({ id: 'MakeSampleOrders' });

const sampleOrder = z
  .object({
    reference,
    gateway: z.string(),
    sample: z.string(),
    summary: z.string(),
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    problem: z.string().nullable(),
  })
  .meta({ id: 'SampleOrder' });

export const samplesAnswer = z.object({
  running: z.boolean(),
  data: z.array(sampleOrder).meta({ description: 'The orders of the newest request to this process' }),
});

export const samplesExample = {
  running: true,
  data: [
    {
      reference: 'sample-captured-in-part-5f0c1d22ab',
      gateway: GATEWAY,
      sample: 'captured-in-part',
      summary: 'half of the money is captured; the rest is held, or given back where it must be',
      state: 'waiting' as const,
      problem: null,
    },
  ],
};

export function viewSamples(now: {
  readonly running: boolean;
  readonly orders: readonly SampleOrder[];
}): z.infer<typeof samplesAnswer> {
  return { running: now.running, data: [...now.orders] };
}

export const turnRequest = z.strictObject({ on: z.boolean() }).meta({ id: 'TurnTestFault' });

const testFault = z
  .object({
    id: z.string(),
    of: z.string().meta({ description: 'What breaks' }),
    summary: z.string(),
    watch: z.string().meta({ description: 'What there is to see' }),
    page: z.string().meta({ description: 'The page that shows it, below `/dashboard`' }),
    on: z.boolean(),
  })
  .meta({ id: 'TestFault' });

export const faultsAnswer = z.object({ data: z.array(testFault) });

export const faultsExample = {
  data: [
    {
      id: `${GATEWAY}.callbacks_lost`,
      of: NAME,
      summary: `${NAME} sends no callbacks.`,
      watch: "The payer's browser that comes back, or the sweep, finds the payment.",
      page: '/numbers',
      on: true,
    },
  ],
};

export function viewFaults(faults: readonly Fault[]): z.infer<typeof faultsAnswer> {
  return {
    data: faults.map(({ id, of, summary, watch, page, isOn }) => ({
      id,
      of,
      summary,
      watch,
      page,
      on: isOn,
    })),
  };
}
