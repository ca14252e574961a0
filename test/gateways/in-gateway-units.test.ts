import { describe, expect, it } from '@jest/globals';
import { fractionDigits, formatMoney } from '../../src/domain/money.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { inOurUnits } from '../../src/gateways/in-gateway-units.ts';
import type { FoundSession, OperationRequest, SessionRequest } from '../../src/gateways/gateway.ts';
import { aTransaction } from '../support/builders.ts';
import { aSimulator } from '../support/simulation.ts';
import { SIMULATOR_TRAITS } from './simulator/gateway.ts';

/** A gateway that counts krónur in hundredths, and ariary without decimals. */
const CURRENCIES = { ISK: { digits: 2 }, MGA: { digits: 0, multipleOf: 100 } };
const KEY = { paymentId: 'pay_1', orderReference: '1001', n: 1 };

function aGateway(shown: Partial<Transaction>) {
  const sent: (SessionRequest | OperationRequest)[] = [];
  const transaction = aTransaction({ id: 'pay_1', orderReference: '1001', amount: 1 } as never, shown);
  const { money } = transaction;
  const found: FoundSession = {
    sessionId: 's',
    checkoutUrl: 'https://c.example',
    key: KEY,
    reference: '1001',
    money,
    createdAt: new Date(0),
    live: true,
  };
  const { transactionId, sessionId, reference, status, capturedMinor, refundedMinor } = transaction;
  const ids = { transactionId, sessionId, reference, createdAt: new Date(0) };
  const row = { ...ids, status, money, capturedMinor, refundedMinor };
  const dictated = aSimulator({
    traits: { ...SIMULATOR_TRAITS, currencies: CURRENCIES },
    createSession: async (request) => {
      sent.push(request);
      return { sessionId: 's', checkoutUrl: 'https://c.example' };
    },
    findSessions: async () => [found],
    readSession: async () => found,
    readPayment: async () => ({ kind: 'transaction', transaction, surplus: [transaction] }),
    operate: async (request) => {
      sent.push(request);
      return { kind: 'answered', transaction };
    },
    listPage: async () => ({ rows: [row], next: null }),
  });
  return { gateway: inOurUnits(dictated), sent };
}

/** Every amount within, by the path to it. */
function amountsIn(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return path.endsWith('Minor') ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => amountsIn(inner, `${path}.${name}`));
}

describe('a gateway that counts a currency in other units', () => {
  const line = {
    id: 'a',
    lineId: '1',
    description: 'A',
    quantity: 1,
    amountMinor: 1_234,
    vatAmountMinor: 234,
  };
  const aRequest = (currency: string, amountMinor: number): SessionRequest => ({
    ...KEY,
    money: { amountMinor, currency },
    lines: [{ ...line, amountMinor }],
    returnKey: 'k',
    expiresAt: new Date(0),
    capture: 'manual',
    idempotencyKey: 'k',
  });

  it.each([
    ['ISK', 1_234, 123_400],
    ['MGA', 1_200, 12],
    ['NOK', 1_234, 1_234],
  ])('is asked for %s %i as %i', async (currency, ours, theirs) => {
    const { gateway, sent } = aGateway({});
    await gateway.createSession(aRequest(currency, ours));
    const request = { transactionId: 't', kind: 'refund', reference: 'r', idempotencyKey: 'k' } as const;
    const lines = [{ lineId: '1', amountMinor: ours }];
    await gateway.operate({ ...request, currency, amountMinor: ours, lines });
    const sums = sent.flatMap((one) => amountsIn(one)).filter(([path]) => !path.includes('vat'));
    expect(sums.map(([, amount]) => amount)).toEqual([theirs, theirs, theirs, theirs]);
  });

  it('answers in our units in every call', async () => {
    const money = { amountMinor: 123_400, currency: 'ISK' };
    const sums = {
      authorizedMinor: 123_400,
      capturedMinor: 123_400,
      refundedMinor: 123_400,
      capturableMinor: 123_400,
      voidableMinor: 123_400,
    };
    const operations = [{ kind: 'refund', reference: 'r', amountMinor: 123_400, state: 'done' }] as const;
    const disputes = [{ disputeId: 'd', state: 'open', amountMinor: 123_400 }] as const;
    const { gateway } = aGateway({ money, ...sums, operations, disputes });
    const place = { listing: 'l', since: new Date(0), cursor: null };
    const request = { transactionId: 't', kind: 'void', reference: 'r', idempotencyKey: 'k' } as const;
    const answers = [
      await gateway.readPayment({ sessionId: 's' }),
      await gateway.operate({ ...request, amountMinor: 1, currency: 'ISK' }),
      await gateway.listPage(place),
      await gateway.findSessions(KEY, new Date(0)),
      await gateway.readSession('s'),
    ];
    const amounts = amountsIn(answers);
    expect(amounts.length).toBeGreaterThan(22);
    expect(amounts.filter(([, amount]) => amount !== 1_234)).toEqual([]);
  });

  it('whose amount is no whole number of ours shows an impossible sum', async () => {
    const { gateway } = aGateway({ money: { amountMinor: 123_450, currency: 'ISK' } });
    const reading = await gateway.readPayment({ sessionId: 's' });
    expect(reading).toMatchObject({ transaction: { money: { amountMinor: 1_234.5 } } });
  });
});

describe("a currency's minor unit", () => {
  it.each([
    ['NOK', 2, '12.34 NOK'],
    ['HUF', 2, '12.34 HUF'],
    ['JPY', 0, '1234 JPY'],
    ['KWD', 3, '1.234 KWD'],
    ['CLF', 4, '0.1234 CLF'],
    ['XYZ', 2, '12.34 XYZ'],
  ])('of %s has %i decimals: %s', (currency, digits, text) => {
    expect(fractionDigits(currency)).toBe(digits);
    expect(formatMoney({ amountMinor: 1_234, currency })).toBe(text);
  });
});
