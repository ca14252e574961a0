import { describe, expect, it } from '@jest/globals';
import { rulesFor } from '../../../src/gateways/dintero/capabilities.ts';

describe('the capabilities of a dintero payment product', () => {
  it.each([
    ['payex.creditcard', 'rest_too', false, 7],
    ['payex.mobilepay', 'rest_too', false, 7],
    ['payex.vipps', 'rest_too', false, 5],
    ['payex.applepay', 'rest_too', false, 7],
    ['payex.clicktopay', 'rest_too', false, 7],
    ['payex.googlepay', 'rest_too', false, 7],
    ['vipps', 'rest_too', false, 5],
    ['vipps.vipps', 'rest_too', false, 5],
    ['klarna.klarna', 'rest_too', false, 28],
    ['klarna.billie', 'rest_too', false, 28],
    ['klarna.other', 'whole', false, 28],
    ['dintero_psp.creditcard', 'whole', true, 7],
    ['dintero_psp.applepay', 'whole', true, 7],
    ['collector.invoice', 'whole', false, 90],
    ['walley.invoice', 'whole', false, 90],
    ['bambora.creditcard', 'whole', false, 7],
    ['swish', 'never', false, null],
    ['swish.swish', 'never', false, null],
    ['payex.swish', 'never', false, null],
    ['instabank.installment', 'whole', false, 5],
    ['of.tomorrow', 'whole', false, 5],
    ['constructor', 'whole', false, 5],
    ['', 'whole', false, 5],
    [undefined, 'whole', false, 5],
  ])('%s: void %s, final capture %j, %j days', (type, voids, finalCapture, authorizationDays) => {
    expect(rulesFor({ ...(type !== undefined && { paymentMethod: type }) })).toMatchObject({
      voids,
      finalCapture,
      authorizationDays,
    });
  });

  it.each([
    ['collector.invoice', 'required'],
    ['walley.invoice', 'required'],
    ['instabank.installment', 'required'],
    ['dintero_psp.creditcard', 'optional'],
    ['swish.swish', 'optional'],
    [undefined, 'optional'],
  ])('%s: lines are %s', (type, lines) => {
    expect(rulesFor({ ...(type !== undefined && { paymentMethod: type }) })).toMatchObject({ lines });
  });
});
