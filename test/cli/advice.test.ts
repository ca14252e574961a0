import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { adviceOn } from '../../src/cli/why/advice.ts';
import type { Run, RunsAnswer } from '../../src/cli/why/runs.ts';
import { aDelivery, aPayment, aRun, aStory, NOW, SERVER } from './samples.ts';

const NO_TEMPORAL: RunsAnswer = { kind: 'unasked', reason: 'Temporal is away' };

function temporalWith(...runs: Run[]): RunsAnswer {
  return { kind: 'found', runs };
}

function textsOf(payment: Parameters<typeof aPayment>[0], runs: RunsAnswer = NO_TEMPORAL): string[] {
  return adviceOn(aStory(aPayment(payment)), runs, NOW, SERVER).map(({ text }) => text);
}

describe('the advice for a person', () => {
  it('is empty for an order that was paid and whose updates were acknowledged', () => {
    expect(textsOf({}, temporalWith(aRun({ status: 'COMPLETED' })))).toEqual([]);
  });

  it('has a payment in REVIEW, with the command that ends it', () => {
    const story = aStory(aPayment({ status: 'REVIEW', reason: 'late_money' }));
    const [advice] = adviceOn(story, NO_TEMPORAL, NOW, SERVER);
    expect(advice?.text).toContain('late_money');
    expect(advice?.commands).toEqual([
      'paidonce resolve pay_1 --decision accept --reason late_money',
      'paidonce resolve pay_1 --decision give_back --reason late_money',
      'paidonce resolve pay_1 --decision dismiss --reason late_money',
    ]);
  });

  it('has a genuine callback that was refused, once for each kind of change', () => {
    const clue = {
      code: 'other_host',
      what: 'b.example',
      text: 'it matches for b.example',
      todo: 'set it',
    } as const;
    const forged = { code: 'no_match', text: 'nothing matches', todo: 'compare' } as const;
    const deliveries = [clue, clue, forged].map((one, n) =>
      aDelivery({ id: `dlv_${n}`, outcome: 'refused', reason: 'wrong_signature', clues: [one] }),
    );
    expect(adviceOn(aStory(aPayment({ deliveries })), NO_TEMPORAL, NOW, SERVER)).toEqual([
      { about: 'pay_1', text: 'callback dlv_1 was refused, though it matches for b.example', todo: 'set it' },
    ]);
  });

  it('has a settled payment with a review mark', () => {
    const story = aStory(aPayment({ status: 'CAPTURED', reviewMark: 'unclear: the transaction is UNKNOWN' }));
    const [advice] = adviceOn(story, NO_TEMPORAL, NOW, SERVER);
    expect(advice?.text).toMatch(/^is CAPTURED, .*the transaction is UNKNOWN/);
    expect(advice?.commands).toEqual([
      "paidonce resolve pay_1 --decision dismiss --reason 'unclear: the transaction is UNKNOWN'",
    ]);
  });

  it('has an open dispute with its amount and deadline, and none that is over', () => {
    const dispute = {
      state: 'open',
      amount: 72_200,
      reason: 'fraudulent',
      dueBy: '2026-12-01T00:00:00Z',
    } as const;
    const [advice] = adviceOn(aStory(aPayment({ status: 'CAPTURED', dispute })), NO_TEMPORAL, NOW, SERVER);
    expect(advice?.text).toBe('has an open dispute about 722.00 NOK (fraudulent)');
    expect(advice?.todo).toContain('until 2026-12-01T00:00:00Z');
    expect(textsOf({ status: 'CAPTURED', dispute: { ...dispute, state: 'won' } })).toEqual([]);
  });
  it.each(['surplus_money', 'give_back_failed'])(
    'has a review mark about surplus (%s), with the commands that end it',
    (code) => {
      const reviewMark = `${code}: transaction T2 holds 72200 minor units beside the payment's own`;
      const [advice] = adviceOn(aStory(aPayment({ reviewMark })), NO_TEMPORAL, NOW, SERVER);
      expect(advice?.text).toContain('a further transaction of its session holds money');
      expect(advice?.text).toContain('transaction T2 holds 722.00 NOK');
      const decisions = advice?.commands?.map((command) => /--decision (\w+)/.exec(command)?.[1]);
      expect(decisions).toEqual(['give_back', 'dismiss']);
    },
  );

  it.each(['gave_up', 'gone'])(
    'has an update that ended as %s, with the command that sends it again',
    (state) => {
      const story = aStory(aPayment({ timeline: [told(state, '2026-11-21T11:00:00Z')] }));
      const [advice] = adviceOn(story, NO_TEMPORAL, NOW, SERVER);
      expect(advice?.text).toBe(`the merchant and order.paid: ${state}`);
      expect(advice?.commands).toEqual([
        "paidonce redeliver 1001/order.paid --reason 'the endpoint answers again'",
      ]);
    },
  );

  it.each([
    ['2026-11-21T12:07:00.000Z', '; the next attempt is at 2026-11-21T12:07:00.000Z'],
    ['2026-11-21T11:59:59.999Z', '; the next attempt is due'],
    [undefined, ''],
  ])(
    'has an update that has been pending for more than five minutes, with its next attempt (%s) and the command that makes it now',
    (nextAttemptAt, words) => {
      const pending = told('pending', '2026-11-21T11:59:59Z', { nextAttemptAt });
      const timeline = [queuedAt('2026-11-21T11:54:59Z'), pending];
      expect(adviceOn(aStory(aPayment({ timeline })), NO_TEMPORAL, NOW, SERVER)).toEqual([
        {
          about: 'pay_1',
          text: `the merchant and order.paid: pending${words}`,
          todo: "repair the shop's endpoint (ORDER_WEBHOOK_URL), then",
          commands: ["paidonce redeliver 1001/order.paid --reason 'the endpoint answers again'"],
        },
      ]);
    },
  );

  it('does not have an update whose first attempts failed just now', () => {
    const timeline = [queuedAt('2026-11-21T11:55:01Z'), told('pending', '2026-11-21T11:59:59Z')];
    expect(textsOf({ timeline })).toEqual([]);
  });

  it('has an operation that has not ended five minutes after it was sent', () => {
    const sent = (at: string, state: string) => ({
      at,
      kind: 'operation' as const,
      text: 'capture c1 is sent',
      data: { kind: 'capture', reference: 'c1', state },
    });
    expect(textsOf({ timeline: [sent('2026-11-21T11:54:59Z', 'unknown')] })).toHaveLength(1);
    expect(textsOf({ timeline: [sent('2026-11-21T11:55:01Z', 'unknown')] })).toEqual([]);
    expect(textsOf({ timeline: [sent('2026-11-21T11:00:00Z', 'done')] })).toEqual([]);
  });

  it('names the chapter of the documents for an operation', () => {
    const data = { kind: 'capture', reference: 'c1', state: 'unknown' };
    const sent = { at: '2026-11-21T11:00:00Z', kind: 'operation', text: 'capture c1 is sent', data };
    const [advice] = adviceOn(aStory(aPayment({ timeline: [sent] })), NO_TEMPORAL, NOW, SERVER);
    const [, file = '', heading = ''] = /(docs\S+\.md), "(.*)"$/.exec(advice?.todo ?? '') ?? [];
    const chapters = readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8').split('\n');
    expect(chapters).toContain(`## ${heading}`);
  });

  it('has a verified callback that no workflow has handled for a minute', () => {
    const waiting = { state: 'signalled', receivedAt: '2026-11-21T11:58:59.000Z' };
    expect(textsOf({ deliveries: [waiting] })).toHaveLength(1);
    expect(textsOf({ deliveries: [{ ...waiting, receivedAt: '2026-11-21T11:59:30.000Z' }] })).toEqual([]);
    expect(textsOf({ deliveries: [{ ...waiting, state: 'handled' }] })).toEqual([]);
    expect(textsOf({ deliveries: [{ ...waiting, state: null, outcome: 'refused' }] })).toEqual([]);
  });

  it.each(['PENDING', 'ON_HOLD', 'REVIEW'] as const)(
    'has a %s payment without a running workflow',
    (status) => {
      const lost = temporalWith(aRun({ status: 'TERMINATED' }));
      expect(textsOf({ status }, lost).at(-1)).toContain('Temporal has no running workflow payment/1001/1');
      expect(textsOf({ status }, temporalWith(aRun({ status: 'RUNNING' }))).join()).not.toContain(
        'no running workflow',
      );
    },
  );

  it('has a PENDING payment without a run, which the sweep finds only by a transaction', () => {
    const lost = temporalWith(aRun({ status: 'TERMINATED' }));
    const [advice] = adviceOn(aStory(aPayment({ status: 'PENDING' })), lost, NOW, SERVER);
    expect(advice?.todo).toMatch(
      /if the gateway lists a transaction of it, else .* half an hour after it expires/,
    );
  });

  it('has an operation that was sent and has no running workflow, with the command that starts it again', () => {
    const sent = {
      at: '2026-11-21T11:50:00.000Z',
      kind: 'operation',
      text: 'void v-1 of 301.00 NOK was sent; the gateway has not finished it',
      data: { kind: 'void', reference: 'v-1', state: 'pending' },
    };
    const find = (status: string) =>
      adviceOn(
        aStory(aPayment({ timeline: [sent] })),
        temporalWith(aRun({ workflowId: 'money/pay_1', status })),
        NOW,
        SERVER,
      ).filter(({ text }) => text.includes('no running workflow money/pay_1'));
    expect(find('RUNNING')).toEqual([]);
    expect(find('TERMINATED')[0]?.commands).toEqual(['paidonce void 1001 --reference v-1']);
  });

  it('has a payment that has had no session for a minute', () => {
    const asked = { status: 'PENDING', sessionId: null } as const;
    expect(textsOf({ ...asked, createdAt: '2026-11-21T11:58:59.000Z' }).join()).toContain(
      'has no session at dintero yet',
    );
    expect(textsOf({ ...asked, createdAt: '2026-11-21T11:59:30.000Z' })).toEqual([]);
    expect(textsOf({ ...asked, status: 'FAILED', createdAt: '2026-11-21T11:58:59.000Z' })).toEqual([]);
  });

  it('does not suggest to accept money where another transaction has paid the order', () => {
    const story = aStory(
      aPayment({ status: 'REVIEW', reason: 'give_back_failed', transactionId: 'T1.other' }),
    );
    const [advice] = adviceOn(story, NO_TEMPORAL, NOW, SERVER);
    expect(advice?.commands?.join()).not.toContain('accept');
    expect(advice?.commands).toHaveLength(2);
  });

  it('reports no missing workflow where Temporal did not answer, or may not list it yet', () => {
    expect(textsOf({ status: 'PENDING' }, NO_TEMPORAL)).toEqual([]);
    expect(textsOf({ status: 'PENDING', createdAt: '2026-11-21T11:59:30.000Z' }, temporalWith())).toEqual([]);
  });

  it('has an activity that keeps failing, also when the store is away', () => {
    const pending = {
      id: '5',
      activity: 'lookAtPayment',
      attempt: 7,
      lastFailure: 'no answer',
      nextAt: null,
      isPaused: false,
    };
    const [advice] = adviceOn(null, temporalWith(aRun({ pending: [pending] })), NOW, SERVER);
    expect(advice?.text).toBe('lookAtPayment is at attempt 7: no answer');
    expect(advice?.todo).toContain('it is retried without limit;');
    const notifying = temporalWith(aRun({ pending: [{ ...pending, activity: 'notifyMerchant' }] }));
    expect(adviceOn(null, notifying, NOW, SERVER)[0]?.todo).toContain('it is retried for three days;');
    const young = temporalWith(aRun({ pending: [{ ...pending, attempt: 2 }] }));
    expect(adviceOn(null, young, NOW, SERVER)).toEqual([]);
    const paused = temporalWith(aRun({ pending: [{ ...pending, isPaused: true }] }));
    expect(adviceOn(null, paused, NOW, SERVER)).toMatchObject([
      { text: 'lookAtPayment was paused by an operator and makes no progress' },
    ]);
  });
});

describe('an update that no process has sent', () => {
  it('is reported after five minutes, with a look at the service and not at the shop', () => {
    const adviceOf = (at: string) => {
      const untried = told('pending', at, { attempts: 0, lastAnswer: null, nextAttemptAt: at });
      return adviceOn(aStory(aPayment({ timeline: [queuedAt(at), untried] })), NO_TEMPORAL, NOW, SERVER);
    };
    expect(adviceOf('2026-11-21T11:56:00Z')).toEqual([]);
    expect(adviceOf('2026-11-21T11:54:00Z')).toMatchObject([
      { todo: expect.stringContaining('start the service'), commands: ['paidonce doctor'] },
    ]);
  });

  it('is about the endpoint where there is none', () => {
    const at = '2026-11-21T11:54:00Z';
    const kept = told('pending', at, { attempts: 0, lastAnswer: 'ORDER_WEBHOOK_URL is not set' });
    const story = aStory(aPayment({ timeline: [queuedAt(at), kept] }));
    expect(adviceOn(story, NO_TEMPORAL, NOW, SERVER)).toMatchObject([
      { todo: expect.stringContaining('ORDER_WEBHOOK_URL') },
    ]);
  });
});

function queuedAt(at: string) {
  return { at, kind: 'update', text: 'order.paid queued for the merchant', data: {} };
}

function told(state: string, at: string, more: object = {}) {
  const text = `the merchant and order.paid: ${state}`;
  const update = { effectId: '1001/order.paid', type: 'order.paid', state, attempts: 3, lastAnswer: '500' };
  return { at, kind: 'update', text, data: { ...update, ...more } };
}
