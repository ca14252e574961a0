import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { OperationKind, ShownOperation } from '../../../src/domain/operation.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import { toTransaction, transactionSchema } from '../../../src/gateways/dintero/parse-transaction.ts';
import { aTransaction } from './fake-dintero.ts';

type Shown = Record<string, unknown>;

const AMOUNT = 72200;
let ids = 0;

/** An event as Dintero shows it, with an id of its own. */
function aMove(event: string, amount: unknown, more: Shown = {}): Shown {
  return { id: `event-${(ids += 1)}`, event, success: true, amount, ...more };
}

function failed(event: string, amount: unknown, more: Shown = {}): Shown {
  return aMove(event, amount, { success: false, error: { message: 'refused' }, ...more });
}

function read(status: string, events: readonly Shown[], more: Shown = {}): Transaction {
  return toTransaction(transactionSchema.parse(aTransaction({ status, events, ...more })));
}

/** `capture parcel-1 100 done` and so on. */
function told({ operations }: Transaction): string[] {
  return operations.map(({ kind, reference, amountMinor, state }) =>
    [kind, reference ?? '-', amountMinor, state].join(' '),
  );
}

describe('the events that a transaction shows as done', () => {
  const known = (...events: Shown[]) =>
    toTransaction(transactionSchema.parse(aTransaction({ events }))).knownEvents;

  it('are named by their id and by their place, each with its reference', () => {
    const events = [
      { id: 'a', event: 'AUTHORIZE', success: true, amount: AMOUNT },
      { id: 'b', event: 'CAPTURE', success: true, amount: 100 },
      { event: 'REFUND', success: true, amount: 50 },
    ];
    expect(known(...events)).toEqual(['b/CAPTURE', '1/CAPTURE', '2/REFUND']);
  });

  it('do not include failed events, which may be corrected later, nor accepted ones', () => {
    expect(
      known(
        { id: 'a', event: 'CAPTURE', success: false, amount: 100 },
        { id: 'b', event: 'INITIATE_REFUND', success: true, amount: 100 },
      ),
    ).toBeUndefined();
  });
});

describe('operations on a dintero transaction', () => {
  it('are its captures, refunds and voids only', () => {
    const events = [
      aMove('INITIATE', undefined),
      aMove('AUTHORIZE', AMOUNT),
      aMove('CAPTURE', 20000, { event_reference: 'parcel-1' }),
      aMove('REFUND', 500, { event_reference: 'r-1' }),
      aMove('VOID', 52200),
      aMove('SETTLEMENT', 20000),
      aMove('TELEPORT', 1),
    ];
    expect(told(read('PARTIALLY_CAPTURED_REFUNDED', events))).toEqual([
      'capture parcel-1 20000 done',
      'refund r-1 500 done',
      'void - 52200 done',
    ]);
  });

  it('are two where the same operation was done twice', () => {
    const once = { event_reference: 'parcel-1' };
    const transaction = read('PARTIALLY_CAPTURED', [
      aMove('CAPTURE', 100, once),
      aMove('CAPTURE', 100, once),
    ]);
    expect(told(transaction)).toEqual(['capture parcel-1 100 done', 'capture parcel-1 100 done']);
    expect(transaction).toMatchObject({ capturedMinor: 200, capturableMinor: AMOUNT - 200 });
  });

  it('have a reason for a failure, which contains no data of the payer', () => {
    const error = { code: '51', message: 'no funds for +4799999999 (john@example.com)' };
    const customer = { email: 'john@example.com', phone_number: '+47 99999999' };
    const { operations, ...rest } = read('AUTHORIZED', [failed('CAPTURE', 100, { error })], { customer });
    const [{ eventId, ...shown } = { eventId: '' }] = operations;
    expect(shown).toEqual({
      kind: 'capture',
      reference: null,
      amountMinor: 100,
      state: 'failed',
      reason: 'no funds for … (…)',
    });
    expect(eventId).toMatch(/^event-/);
    expect(rest).toMatchObject({ capturedMinor: 0, capturableMinor: AMOUNT });
  });

  it('have the id of their event, which is that of their end once they have one', () => {
    const accepted = aMove('INITIATE_CAPTURE', 100, { id: 'e-1', request_id: 'q-1' });
    const done = aMove('CAPTURE', 100, { id: 'e-2', correlation_request_id: 'q-1' });
    const ids = (...events: Shown[]) => read('AUTHORIZED', events).operations.map(({ eventId }) => eventId);
    expect(ids(accepted)).toEqual(['e-1']);
    expect(ids(accepted, done)).toEqual(['e-2']);
    expect(ids(aMove('REFUND', 1, { id: undefined }))).toEqual([undefined]);
  });

  it('were done and are not any more where a correction says so, by the status or by the sum that is left', () => {
    const correction = { event_ids: [], status: 'AUTHORIZED', remaining_capture_amount: AMOUNT };
    const gone = read('AUTHORIZED', [aMove('CAPTURE', AMOUNT, { id: 'e-1', correction })]);
    expect(gone).toMatchObject({ capturedMinor: 0, capturableMinor: AMOUNT });
    expect(gone.operations).toMatchObject([{ state: 'failed', isReversed: true, eventId: 'e-1' }]);
    const rest = { status: 'PARTIALLY_CAPTURED', remaining_capture_amount: AMOUNT - 200 };
    const first = (left: number) =>
      read('PARTIALLY_CAPTURED', [
        aMove('CAPTURE', 100, { correction: { ...rest, remaining_capture_amount: left } }),
        aMove('CAPTURE', 200),
      ]);
    expect(told(first(AMOUNT - 200))).toEqual(['capture - 100 failed', 'capture - 200 done']);
    expect(told(first(AMOUNT - 300))).toEqual(['capture - 100 done', 'capture - 200 done']);
    const back = { status: 'CAPTURED', remaining_refund_amount: AMOUNT };
    const refund = read('CAPTURED', [aMove('CAPTURE', AMOUNT), aMove('REFUND', 100, { correction: back })]);
    expect(refund).toMatchObject({ capturedMinor: AMOUNT, refundedMinor: 0 });
  });

  it('are in the order in which they happened, as far as all events show it', () => {
    const at = (seconds: number) => ({ created_at: `2026-11-21T12:00:0${seconds}.000Z` });
    const events = [aMove('REFUND', 10, at(2)), aMove('CAPTURE', 100, at(1))];
    expect(told(read('PARTIALLY_CAPTURED_REFUNDED', events))).toEqual([
      'capture - 100 done',
      'refund - 10 done',
    ]);
  });

  it('void all that is left where the event does not say how much', () => {
    const transaction = read('AUTHORIZATION_VOIDED', [aMove('CAPTURE', 20000), aMove('VOID', undefined)]);
    expect(told(transaction)).toEqual(['capture - 20000 done', 'void - 52200 done']);
  });

  it('are pending until an event shows how they ended', () => {
    const events = [aMove('CAPTURE', 100, { success: undefined }), aMove('INITIATE_REFUND', 5)];
    const transaction = read('PARTIALLY_CAPTURED', events);
    expect(told(transaction)).toEqual(['capture - 100 pending', 'refund - 5 pending']);
    expect(transaction).toMatchObject({ capturedMinor: 0, refundedMinor: 0 });
  });
});

describe('a dintero operation that is only accepted', () => {
  const accepted = { request_id: 'q-1', event_reference: 'parcel-1' };
  const told1 = (event: string, ...events: Shown[]) =>
    told(read('AUTHORIZED', [aMove(event, 100, accepted), ...events]));

  it('is pending until something completes it', () => {
    expect(told1('INITIATE_CAPTURE')).toEqual(['capture parcel-1 100 pending']);
  });

  it('is replaced by the event that completes it, found by its request', () => {
    const end = { correlation_request_id: 'q-1' };
    expect(told1('INITIATE_CAPTURE', aMove('CAPTURE', 100, end))).toEqual(['capture parcel-1 100 done']);
    expect(told1('INITIATE_CAPTURE', failed('CAPTURE', 100, end))).toEqual(['capture parcel-1 100 failed']);
    expect(told1('INITIATE_VOID', aMove('VOID', 100, end))).toEqual(['void parcel-1 100 done']);
  });

  it('is replaced by an event with its reference where no request is named', () => {
    const end = { event_reference: 'parcel-1' };
    expect(told1('INITIATE_REFUND', aMove('REFUND', 100, end))).toEqual(['refund parcel-1 100 done']);
    expect(told(read('AUTHORIZED', [aMove('INITIATE_VOID', 100), aMove('VOID', 90)]))).toEqual([
      'void - 90 done',
    ]);
  });

  it('is not replaced by an event about something else', () => {
    const pending = 'capture parcel-1 100 pending';
    const cases = [
      aMove('CAPTURE', 100, { correlation_request_id: 'q-2', event_reference: 'parcel-1' }),
      aMove('CAPTURE', 100, { event_reference: 'parcel-2' }),
      aMove('REFUND', 100, { correlation_request_id: 'q-1' }),
    ];
    for (const other of cases) expect(told1('INITIATE_CAPTURE', other)).toContain(pending);
    const earlier = [
      aMove('CAPTURE', 100, { event_reference: 'parcel-1' }),
      aMove('INITIATE_CAPTURE', 100, accepted),
    ];
    expect(told(read('PARTIALLY_CAPTURED', earlier))).toContain(pending);
  });

  it('is completed once by each event', () => {
    const twice = [
      aMove('INITIATE_CAPTURE', 100, accepted),
      aMove('INITIATE_CAPTURE', 100, { ...accepted, request_id: 'q-2' }),
    ];
    const end = aMove('CAPTURE', 100, { event_reference: 'parcel-1' });
    expect(told(read('PARTIALLY_CAPTURED', [...twice, end]))).toEqual([
      'capture parcel-1 100 pending',
      'capture parcel-1 100 done',
    ]);
  });
});

describe('a dintero operation that was corrected', () => {
  const correction = (status: string, more: Shown = {}) => ({ correction: { status, ...more } });

  it('is done by the added event, which inherits its reference', () => {
    const added = aMove('CAPTURE', 100);
    const given = {
      event_reference: 'parcel-1',
      ...correction('PARTIALLY_CAPTURED', { event_ids: [added['id']] }),
    };
    const transaction = read('PARTIALLY_CAPTURED', [failed('CAPTURE', 100, given), added]);
    expect(told(transaction)).toEqual(['capture parcel-1 100 done']);
    expect(transaction.capturedMinor).toBe(100);
    expect(transaction.operations).toMatchObject([{ isCorrected: true }]);
  });

  it('stays failed where another operation was added', () => {
    const added = aMove('VOID', AMOUNT);
    const more = { event_ids: [added['id']], remaining_capture_amount: 0 };
    const events = [failed('CAPTURE', AMOUNT, correction('AUTHORIZATION_VOIDED', more)), added];
    expect(told(read('AUTHORIZATION_VOIDED', events))).toEqual([
      `capture - ${AMOUNT} failed`,
      `void - ${AMOUNT} done`,
    ]);
  });

  it.each([
    ['CAPTURE', 'CAPTURED', AMOUNT, {}, 'done'],
    ['CAPTURE', 'PARTIALLY_CAPTURED', 100, { remaining_capture_amount: AMOUNT - 100 }, 'done'],
    ['CAPTURE', 'PARTIALLY_CAPTURED', 100, { remaining_capture_amount: AMOUNT }, 'failed'],
    ['CAPTURE', 'AUTHORIZED', 100, { remaining_capture_amount: AMOUNT }, 'failed'],
    ['CAPTURE', 'AUTHORIZED', 100, {}, 'failed'],
    ['CAPTURE', 'REFUNDED', 100, {}, 'failed'],
    ['VOID', 'AUTHORIZATION_VOIDED', AMOUNT, {}, 'done'],
    ['VOID', 'AUTHORIZED', AMOUNT, {}, 'failed'],
    ['CAPTURE', 'TELEPORTED', AMOUNT, {}, 'failed'],
  ])('by itself, a %s to %s of %i %j, is %s', (event, status, amount, more, state) => {
    const given = { transaction_status: 'AUTHORIZED', ...correction(status, more) };
    expect(read(status, [failed(event, amount, given)]).operations).toMatchObject([{ state }]);
  });

  it('whose status does not change is proved by the sum that is left alone', () => {
    const first = aMove('CAPTURE', 100);
    const stateOf = (more: Shown) => {
      const given = { transaction_status: 'PARTIALLY_CAPTURED', ...correction('PARTIALLY_CAPTURED', more) };
      return read('PARTIALLY_CAPTURED', [first, failed('CAPTURE', 50, given)]).operations[1]?.state;
    };
    expect(stateOf({ remaining_capture_amount: AMOUNT - 150 })).toBe('done');
    expect(stateOf({ remaining_capture_amount: AMOUNT - 100 })).toBe('failed');
    expect(stateOf({})).toBe('failed');
  });

  it('that is a refund is proved by the sum that is left to refund', () => {
    const stateOf = (rest: number) => {
      const given = correction('PARTIALLY_REFUNDED', { remaining_refund_amount: rest });
      return read('PARTIALLY_REFUNDED', [aMove('CAPTURE', AMOUNT), failed('REFUND', 100, given)])
        .operations[1]?.state;
    };
    expect([stateOf(AMOUNT - 100), stateOf(AMOUNT)]).toEqual(['done', 'failed']);
  });

  it('determines the sum that is left until another operation is done', () => {
    const given = correction('AUTHORIZED', { remaining_capture_amount: 5000 });
    const events = [failed('CAPTURE', AMOUNT, given)];
    expect(read('AUTHORIZED', events).capturableMinor).toBe(5000);
    expect(read('PARTIALLY_CAPTURED', [...events, aMove('CAPTURE', 1000)]).capturableMinor).toBe(
      AMOUNT - 1000,
    );
  });
});

describe('the sum that is left of a dintero authorization', () => {
  it.each([
    ['AUTHORIZED', [], AMOUNT],
    ['PARTIALLY_CAPTURED', [aMove('CAPTURE', 20000)], 52200],
    ['PARTIALLY_CAPTURED', [aMove('CAPTURE', 20000), aMove('VOID', 52200)], 0],
    ['PARTIALLY_CAPTURED_REFUNDED', [aMove('CAPTURE', 20000), aMove('REFUND', 1)], 52200],
    ['PARTIALLY_REFUNDED', [aMove('CAPTURE', 20000), aMove('REFUND', 1)], 0],
    // A final capture: the documented sample shows no event for the rest that it releases.
    ['CAPTURED', [aMove('CAPTURE', 68300)], 0],
    ['CAPTURED', [], 0],
    ['AUTHORIZATION_VOIDED', [aMove('VOID', AMOUNT)], 0],
    ['AUTHORIZED', [aMove('CAPTURE', AMOUNT)], 0],
    ...['INITIATED', 'ON_HOLD', 'FAILED', 'DECLINED', 'UNKNOWN', 'REFUNDED', 'TELEPORTED'].map(
      (status) => [status, [], 0] as [string, Shown[], number],
    ),
  ])('is right in %s', (status, events, left) => {
    expect(read(status, events).capturableMinor).toBe(left);
  });

  it.each([[[aMove('CAPTURE', AMOUNT + 1)]], [[aMove('CAPTURE', AMOUNT), aMove('CAPTURE', 1)]]])(
    'is not understood where more was captured than authorized: %j',
    (events) => {
      const { error } = transactionSchema.safeParse(aTransaction({ status: 'CAPTURED', events }));
      expect(error?.issues).toMatchObject([{ path: ['events'], message: expect.stringMatching(/72201$/) }]);
    },
  );

  it.each([
    [[aMove('CAPTURE', 20000), aMove('VOID', 52200)], 'PARTIALLY_CAPTURED'],
    [[aMove('CAPTURE', 20000), aMove('VOID', 52200), aMove('REFUND', 1)], 'PARTIALLY_REFUNDED'],
    [[aMove('CAPTURE', 20000), aMove('VOID', 52200), aMove('REFUND', 20000)], 'REFUNDED'],
    [[aMove('VOID', AMOUNT)], 'VOIDED'],
  ])('is not everything that was paid: the status of %j follows from its sums', (events, status) => {
    const transaction = read('AUTHORIZATION_VOIDED', events);
    expect(transaction).toMatchObject({ status, gatewayStatus: 'AUTHORIZATION_VOIDED' });
  });
});

describe('amounts of dintero operations', () => {
  it.each([
    aMove('CAPTURE', '100'),
    aMove('REFUND', 1.5),
    aMove('CAPTURE', undefined),
    aMove('VOID', '100'),
    aMove('INITIATE_CAPTURE', null),
    failed('CAPTURE', 'x', { correction: { status: 'CAPTURED' } }),
  ])('must be amounts: %j', (event) => {
    expect(transactionSchema.safeParse(aTransaction({ events: [event] })).success).toBe(false);
  });

  it.each([
    failed('CAPTURE', 'x'),
    aMove('VOID', null),
    aMove('AUTHORIZE', 'x'),
    { event: 7, success: 'no' },
  ])('may be missing where nothing depends on them: %j', (event) => {
    expect(transactionSchema.safeParse(aTransaction({ events: [event] })).success).toBe(true);
  });
});

describe('sums and operations of a dintero transaction', () => {
  const anyEvent = fc.record(
    {
      event: fc.constantFrom('CAPTURE', 'REFUND', 'VOID', 'INITIATE_CAPTURE', 'INITIATE_REFUND', 'AUTHORIZE'),
      success: fc.constantFrom(true, true, false, undefined),
      // Sums beyond int32 are not read at all.
      amount: fc.constantFrom(0, 1, 100, 36100, AMOUNT, Math.floor((2 ** 31 - 1) / 6)),
      id: fc.constantFrom('a', 'b', 'c'),
      event_reference: fc.constantFrom('x', 'y'),
      request_id: fc.constantFrom('q', 'r'),
      correlation_request_id: fc.constantFrom('q', 'r'),
      transaction_status: fc.constantFrom('AUTHORIZED', 'CAPTURED'),
      correction: fc.record({
        event_ids: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
        status: fc.constantFrom(
          'AUTHORIZED',
          'CAPTURED',
          'PARTIALLY_CAPTURED',
          'REFUNDED',
          'AUTHORIZATION_VOIDED',
        ),
        remaining_capture_amount: fc.constantFrom(undefined, 0, 100, AMOUNT),
      }),
    },
    { requiredKeys: ['event', 'success', 'amount'] },
  );
  const anyStatus = fc.constantFrom(
    'AUTHORIZED',
    'CAPTURED',
    'PARTIALLY_CAPTURED',
    'PARTIALLY_CAPTURED_REFUNDED',
    'REFUNDED',
    'PARTIALLY_REFUNDED',
    'AUTHORIZATION_VOIDED',
    'UNKNOWN',
  );
  const done = (operations: readonly ShownOperation[], wanted: OperationKind) =>
    operations.filter(({ kind, state }) => kind === wanted && state === 'done');
  const total = (operations: readonly ShownOperation[]) =>
    operations.reduce((sum, { amountMinor }) => sum + amountMinor, 0);

  it('agree, for any events', () => {
    fc.assert(
      fc.property(anyStatus, fc.array(anyEvent, { maxLength: 6 }), (status, events) => {
        fc.pre(transactionSchema.safeParse(aTransaction({ status, events })).success);
        const { operations, capturedMinor, refundedMinor, capturableMinor } = read(status, events);
        const captures = done(operations, 'capture');
        const refunds = done(operations, 'refund');
        if (captures.length > 0) expect(capturedMinor).toBe(total(captures));
        if (refunds.length > 0) expect(refundedMinor).toBe(total(refunds));
        expect(capturableMinor).toBeGreaterThanOrEqual(0);
        const left = AMOUNT - capturedMinor - total(done(operations, 'void'));
        expect(capturableMinor).toBeLessThanOrEqual(Math.max(0, left));
        const plain = events.filter(
          ({ event, success, correction }) => event === 'CAPTURE' && success === true && !correction,
        );
        // Every success without a correction counts once; a correction may add one.
        expect(captures.length).toBeGreaterThanOrEqual(plain.length);
      }),
      { numRuns: 500 },
    );
  });
});
