import { describe, expect, it } from '@jest/globals';
import { tellsNews } from '../../src/domain/callback.ts';
import { isMoney, PAYMENT_STATUSES } from '../../src/domain/payment.ts';

const proved = {
  status: 'AUTHORIZED',
  transactionId: 'T.1',
  capture: 'manual',
  knownEvents: ['e1/CAPTURE', '2/CAPTURE'],
} as const;

describe('a callback', () => {
  it.each(PAYMENT_STATUSES.filter(isMoney))('that names the transaction of %s has no news', (status) => {
    expect(tellsNews({ transactionId: 'T.1' }, { ...proved, status })).toBe(false);
  });

  it.each(PAYMENT_STATUSES.filter((status) => !isMoney(status)))('has always news of %s', (status) => {
    expect(tellsNews({ transactionId: 'T.1' }, { ...proved, status })).toBe(true);
  });

  it.each([
    ['another transaction', { transactionId: 'T.2' }],
    ['no transaction', { sessionId: 'T.s' }],
    ['a later event', { transactionId: 'T.1', event: 'CAPTURE' }],
    ['an error', { transactionId: 'T.1', error: 'failed' }],
  ])('that names %s has news', (_, claim) => {
    expect(tellsNews(claim, proved)).toBe(true);
  });

  it.each([
    ['an event that was read, by its id', 'e1/CAPTURE', false],
    ['an event that was read, by its place', '2/CAPTURE', false],
    ['an event that was not', 'e2/CAPTURE', true],
    ['another kind of event at the same place', '2/REFUND', true],
    ['no event by name', undefined, true],
  ])('about %s (%s) has news: %s', (_, eventRef, isNews) => {
    const claim = { transactionId: 'T.1', event: 'CAPTURE', ...(eventRef !== undefined && { eventRef }) };
    expect(tellsNews(claim, { ...proved, status: 'CAPTURED' })).toBe(isNews);
    expect(tellsNews({ ...claim, error: 'failed' }, proved)).toBe(true);
    expect(tellsNews({ ...claim, transactionId: 'T.2' }, proved)).toBe(true);
    expect(tellsNews(claim, { ...proved, status: 'REVIEW' })).toBe(true);
  });

  it('may have news of the capture where the gateway captures by itself', () => {
    expect(tellsNews({ transactionId: 'T.1' }, { ...proved, capture: 'auto' })).toBe(true);
    expect(tellsNews({ transactionId: 'T.1' }, { ...proved, status: 'CAPTURED', capture: 'auto' })).toBe(
      false,
    );
  });
});
