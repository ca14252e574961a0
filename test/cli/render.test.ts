import { describe, expect, it } from '@jest/globals';
import { MOST_DELIVERIES } from '../../src/cli/why/find-story.ts';
import { jsonOf, linesOf, type Why } from '../../src/cli/why/render.ts';
import { aDelivery, aPayment, aRun, aStory } from './samples.ts';

const AWAY = { kind: 'unasked', reason: 'Temporal at 127.0.0.1:7233 (no answer)' } as const;

function aWhy(changes: Partial<Why> = {}): Why {
  const store = {
    kind: 'found',
    story: aStory(aPayment()),
    asked: 'the embedded store',
    others: [],
  } as const;
  return { q: '1001', reference: '1001', store, temporal: AWAY, advice: [], ...changes };
}

describe('the text of `paidonce why`', () => {
  it('begins with the state of the order and the payment that paid it', () => {
    expect(linesOf(aWhy())[0]).toBe(
      'Order 1001 is PAID: 722.00 NOK, paid 2026-11-21 11:00:00.000 UTC by transaction T12345678.t (source: the embedded store)',
    );
  });

  it('names the money that paid as accepted by a person', () => {
    const payment = aPayment({ accepted: { amount: 70_000, currency: 'SEK', reference: '1001' } });
    const store = { kind: 'found', story: aStory(payment), asked: 'the store', others: [] } as const;
    expect(linesOf(aWhy({ store }))[0]).toMatch(
      /^Order 1001 is PAID: 722\.00 NOK, accepted as 700\.00 SEK, paid 2026/,
    );
  });

  it('names the surplus of a payment', () => {
    const sums = { authorizedAmount: 72_200, capturedAmount: 72_200, refundedAmount: 0 };
    const payment = aPayment({ surplus: [{ transactionId: 'T2', status: 'CAPTURED', ...sums }] });
    const store = { kind: 'found', story: aStory(payment), asked: 'the store', others: [] } as const;
    expect(linesOf(aWhy({ store }))).toContain(
      '  surplus T2 of the same session is CAPTURED: 722.00 NOK authorized, 722.00 NOK captured, 0.00 NOK refunded',
    );
  });

  it('has all times in one form', () => {
    const waits = aRun({ waitsFor: 'a callback, until 2026-11-21T14:00:00.000Z' });
    const temporal = { kind: 'found', runs: [waits], orders: [] } as const;
    expect(linesOf(aWhy({ temporal })).join()).toContain('a callback, until 2026-11-21 14:00:00.000 UTC');
  });

  it('says that nothing needs a person only where all sources have answered', () => {
    expect(linesOf(aWhy()).at(-1)).toBe(
      'No problem found in the part that answered. Repair the other part and run the command again.',
    );
    const temporal = { kind: 'found', runs: [], orders: [] } as const;
    expect(linesOf(aWhy({ temporal })).at(-1)).toBe('No action is needed.');
  });

  it('is in order of time, with the callbacks that left no line in the timeline', () => {
    const timeline = [
      {
        at: '2026-11-21T11:00:00.000Z',
        kind: 'delivery',
        text: 'verified callback',
        data: { eventId: 'known' },
      },
      { at: '2026-11-21T11:00:02.000Z', kind: 'decision', text: 'PENDING became AUTHORIZED', data: {} },
    ];
    const deliveries = [
      aDelivery({ eventId: 'known' }),
      aDelivery({
        id: 'dlv_2',
        eventId: null,
        outcome: 'refused',
        reason: 'wrong_signature',
        receivedAt: '2026-11-21T11:00:01.000Z',
      }),
      aDelivery({ id: 'dlv_3', eventId: 'late', state: 'received', receivedAt: '2026-11-21T11:00:03.000Z' }),
    ];
    const store = {
      kind: 'found',
      story: aStory(aPayment({ timeline, deliveries })),
      asked: 'the store',
      others: [],
    } as const;
    const told = linesOf(aWhy({ store })).filter((line) => /^ {2}2026/.test(line));
    expect(told.map((line) => line.slice(38))).toEqual([
      'verified callback',
      'callback dlv_2 refused (wrong_signature): it proves nothing',
      'PENDING became AUTHORIZED',
      'verified callback dlv_3, not handled yet',
    ]);
  });

  it('tells forged callbacks from genuine ones that a proxy has changed', () => {
    const second = (n: number) => new Date(Date.parse('2026-11-21T11:00:00Z') + 1_000 * n).toISOString();
    const clues = [
      { code: 'no_match', text: 'nothing matches', todo: 'x' },
      { code: 'parameter_added', what: 'utm', text: 'matches without utm', todo: 'x' },
      { code: 'parameter_added', what: 'utm', text: 'matches without utm', todo: 'x' },
    ] as const;
    const deliveries = clues.map((clue, n) =>
      aDelivery({
        id: `dlv_${n}`,
        eventId: null,
        outcome: 'refused',
        reason: 'wrong_signature',
        receivedAt: second(n),
        clues: [clue],
      }),
    );
    const story = aStory(aPayment({ deliveries }));
    const store = { kind: 'found', story, asked: 'the store', others: [] } as const;
    const told = linesOf(aWhy({ store })).filter((line) => /^ {2}2026/.test(line));
    expect(told.map((line) => line.slice(38))).toEqual([
      'callback dlv_0 refused (wrong_signature): it proves nothing',
      '2 callbacks refused (wrong_signature) until 2026-11-21 11:00:02.000: they prove nothing; matches without utm',
    ]);
  });

  it('has one line for a flood of forged callbacks, and says that older ones are left out', () => {
    const second = (n: number) => new Date(Date.parse('2026-11-21T11:00:00Z') + 1_000 * n).toISOString();
    const deliveries = Array.from({ length: MOST_DELIVERIES }, (_, n) =>
      aDelivery({
        id: `dlv_${n}`,
        eventId: null,
        outcome: 'refused',
        reason: 'wrong_signature',
        receivedAt: second(n),
      }),
    );
    const payment = aPayment({
      timeline: [{ at: second(1), kind: 'decision', text: 'decided', data: {} }],
      deliveries,
    });
    const store = { kind: 'found', story: aStory(payment), asked: 'the store', others: [] } as const;
    const lines = linesOf(aWhy({ store })).filter((line) => line.startsWith('  '));
    expect(lines.slice(1)).toEqual([
      '  2026-11-21 11:00:00.000  delivery   callback dlv_0 refused (wrong_signature): it proves nothing',
      '  2026-11-21 11:00:01.000  decision   decided',
      '  2026-11-21 11:00:01.000  delivery   99 callbacks refused (wrong_signature) until 2026-11-21 11:01:39.000: they prove nothing',
      '  the newest 100 callbacks; older ones: GET /v1/deliveries?payment=pay_1',
    ]);
  });

  it("has Temporal's knowledge when the store is away, and names the missing sources", () => {
    const steps = [{ at: '2026-11-21T11:00:00.000Z', text: 'signal callbackReceived' }];
    const read = {
      id: '5',
      activity: 'readTransaction',
      attempt: 3,
      lastFailure: 'no answer',
      nextAt: null,
      isPaused: false,
    };
    const pending = [
      { ...read, nextAt: '2026-11-21T11:00:05.000Z' },
      { ...read, isPaused: true },
    ];
    const lines = linesOf(
      aWhy({
        store: { kind: 'unasked', reason: 'the store did not answer' },
        temporal: { kind: 'found', runs: [aRun({ steps, pending, url: 'http://ui/run' })] },
      }),
    );
    expect(lines).toEqual([
      'Order 1001: the store did not answer',
      '',
      'Workflow payment/1001/1 running, 12 events: http://ui/run',
      '  2026-11-21 11:00:00.000  signal callbackReceived',
      '  under way: readTransaction, attempt 3 at 2026-11-21 11:00:05.000 UTC, last failure: no answer',
      '  paused: readTransaction, attempt 3, last failure: no answer',
      '',
      'No answer: the store did not answer',
    ]);
  });

  it('ends with the advice', () => {
    const commands = ['paidonce resolve pay_1 --decision dismiss --reason late'];
    const advice = [{ about: 'pay_1', text: 'is in REVIEW (late_money)', todo: 'decide', commands }];
    expect(linesOf(aWhy({ advice })).slice(-4)).toEqual([
      'Action needed:',
      '  pay_1: is in REVIEW (late_money)',
      '    decide',
      '      paidonce resolve pay_1 --decision dismiss --reason late',
    ]);
  });
});

describe('the JSON of `paidonce why`', () => {
  it('has null for a missing source, and the reason', () => {
    expect(jsonOf(aWhy())).toMatchObject({
      reference: '1001',
      order: { status: 'PAID' },
      payments: [{ id: 'pay_1', deliveries: [] }],
      runs: null,
      findings: [],
      unasked: [AWAY.reason],
    });
  });
});
