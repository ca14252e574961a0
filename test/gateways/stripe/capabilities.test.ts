import { describe, expect, it } from '@jest/globals';
import { feasible } from '../../../src/domain/operation.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import { inOurUnits } from '../../../src/gateways/in-gateway-units.ts';
import { rulesFor, STRIPE_TRAITS } from '../../../src/gateways/stripe/capabilities.ts';
import { aSessionRequest, gatewayAt, startFakeStripe } from './fake-stripe.ts';

const held = {
  capturableMinor: 72_200,
  capturedMinor: 0,
  refundedMinor: 0,
  gatewayStatus: '',
} as Transaction;
const part = (finalCapture: boolean) => ({ kind: 'capture', amountMinor: 50_000, finalCapture }) as const;

describe('what stripe can do', () => {
  it('is to capture a part once, and in parts where the charge says so', () => {
    const once = rulesFor({ paymentMethod: 'card', captures: 'once' });
    expect(feasible(part(false), held, once, 0)).toMatchObject({ ok: false });
    expect(feasible(part(true), held, once, 0)).toMatchObject({ ok: true });
    expect(rulesFor({}).captures).toBe('once');
    expect(feasible(part(false), held, rulesFor({ captures: 'many' }), 0)).toMatchObject({ ok: true });
  });

  it('is to void as long as nothing is captured', () => {
    const wanted = { kind: 'void', amountMinor: null, finalCapture: false } as const;
    expect(feasible(wanted, held, rulesFor({}), 0)).toMatchObject({ ok: true });
    const partly = { ...held, capturedMinor: 1, capturableMinor: 1 };
    expect(feasible(wanted, partly, rulesFor({ captures: 'many' }), 0)).toMatchObject({ ok: false });
  });

  it.each([
    ['ISK', 1_234, '123400'],
    ['UGX', 1_234, '123400'],
    ['MGA', 123_400, '1234'],
    ['JPY', 1_234, '1234'],
    ['KWD', 1_230, '1230'],
    ['NOK', 1_234, '1234'],
  ])('in %s, %i of our units are %s of its', async (currency, amountMinor, sent) => {
    const fake = await startFakeStripe();
    const open = inOurUnits(gatewayAt(fake)).createSession(
      aSessionRequest({ money: { amountMinor, currency } }),
    );
    await open.catch(() => undefined);
    const form = fake.calls('POST /v1/checkout/sessions')[0]?.body;
    expect(form?.get('line_items[0][price_data][unit_amount]')).toBe(sent);
    await fake.close();
  });

  it('is told for each currency that is special', () => {
    expect(Object.keys(STRIPE_TRAITS.currencies).toSorted()).toEqual([
      'BHD',
      'ISK',
      'JOD',
      'KWD',
      'MGA',
      'OMR',
      'TND',
      'UGX',
    ]);
  });
});
