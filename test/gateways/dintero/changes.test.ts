import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Gateway, ListedTransaction } from '../../../src/gateways/gateway.ts';
import { changesAt } from '../../support/listings.ts';
import type { FakeDintero, Reply, Seen } from './fake-dintero.ts';
import {
  ACCOUNT,
  anEvent,
  aSession,
  aTransaction,
  gatewayAt,
  SESSION,
  startFakeDintero,
} from './fake-dintero.ts';

const LIST = 'GET /v1/transactions';
const SINCE = new Date('2026-11-21T11:00:00.000Z');

let fake: FakeDintero;
let gateway: Gateway;

beforeEach(async () => {
  fake = await startFakeDintero();
  gateway = gatewayAt(fake);
});

afterEach(() => fake.close());

/** The listing that a call reads. */
function filterOf({ query }: Seen): string {
  const [name = ''] = [...query.keys()].filter((key) => key !== 'limit' && key !== 'starting_after');
  return name === 'status' ? query.getAll('status').join(',') : name;
}

function listedAs(pages: Record<string, readonly unknown[]>): void {
  fake.on(LIST, (seen): Reply => ({ json: pages[filterOf(seen)] ?? [] }));
}

function changes(): Promise<ListedTransaction[]> {
  return changesAt(gateway, SINCE);
}

function aRow(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return aTransaction({ id: `${ACCOUNT}.${name}`, ...more });
}

describe('listing the changes at dintero', () => {
  it('asks by capture and refund time, and for the rest by status', async () => {
    listedAs({});
    expect(await changes()).toEqual([]);
    expect(fake.calls(LIST).map(({ query }) => query.toString())).toEqual([
      'captured_at.gte=2026-11-21T11%3A00%3A00.000Z&limit=100',
      'refunded_at.gte=2026-11-21T11%3A00%3A00.000Z&limit=100',
      'status=AUTHORIZED&status=FAILED&status=DECLINED&status=UNKNOWN&status=AUTHORIZATION_VOIDED&created_at.gte=2026-11-18T11%3A00%3A00.000Z&limit=100',
      'status=AUTHORIZED&status=FAILED&status=DECLINED&status=UNKNOWN&created_at.gte=2026-10-22T11%3A00%3A00.000Z&limit=100',
      'status=AUTHORIZATION_VOIDED&created_at.gte=2026-05-21T11%3A00%3A00.000Z&limit=100',
    ]);
  });

  it('finds changes of any age, with the sums that the rows show', async () => {
    const old = { created_at: '2026-06-01T12:00:00.000Z' };
    listedAs({
      'captured_at.gte': [
        aRow('captured', { ...old, status: 'CAPTURED', events: [anEvent('CAPTURE', 'CAPTURED', 72200)] }),
      ],
      'refunded_at.gte': [
        aRow('refunded', {
          ...old,
          status: 'PARTIALLY_REFUNDED',
          events: [anEvent('REFUND', 'PARTIALLY_REFUNDED', 5)],
        }),
      ],
      AUTHORIZATION_VOIDED: [aRow('voided', { ...old, status: 'AUTHORIZATION_VOIDED', events: undefined })],
      'AUTHORIZED,FAILED,DECLINED,UNKNOWN': [
        aRow('resolved', { ...old, events: [anEvent('AUTHORIZE', 'AUTHORIZED', 1)] }),
      ],
    });
    const rows = await changes();
    expect(rows.map(({ transactionId, status }) => [transactionId.split('.')[1], status])).toEqual([
      ['captured', 'CAPTURED'],
      ['refunded', 'PARTIALLY_REFUNDED'],
      ['resolved', 'AUTHORIZED'],
      ['voided', 'VOIDED'],
    ]);
    expect(rows).toMatchObject([
      { capturedMinor: 72200, refundedMinor: 0, createdAt: new Date('2026-06-01T12:00:00.000Z') },
      { capturedMinor: 72200, refundedMinor: 5 },
      { capturedMinor: 0, refundedMinor: 0 },
      {},
    ]);
    expect(rows[3]).not.toHaveProperty('capturedMinor');
  });

  it('leaves out rows that are listed by status and have not changed since', async () => {
    const before = '2026-11-21T10:59:59.999Z';
    const after = '2026-11-21T11:00:00.000Z';
    const event = { ...anEvent('VOID', 'AUTHORIZATION_VOIDED', 72200), created_at: after };
    const voided = (name: string, more: Record<string, unknown>) =>
      aRow(name, { status: 'AUTHORIZATION_VOIDED', events: [], ...more });
    listedAs({
      'captured_at.gte': [aRow('captured', { status: 'CAPTURED', updated_at: before })],
      AUTHORIZATION_VOIDED: [
        voided('old', { updated_at: before }),
        voided('new', { updated_at: after }),
        voided('new-by-its-event', { updated_at: before, events: [event] }),
        voided('of-no-time', { updated_at: undefined }),
      ],
    });
    expect((await changes()).map(({ transactionId }) => transactionId.split('.')[1])).toEqual([
      'captured',
      'new',
      'new-by-its-event',
      'of-no-time',
    ]);
  });

  it('goes through every page of every listing', async () => {
    const rows = Array.from({ length: 230 }, (_, index) => aRow(`x${index}`));
    fake.on(LIST, (seen) => {
      if (filterOf(seen) !== 'refunded_at.gte') return { json: [] };
      const after = seen.query.get('starting_after');
      const from = after === null ? 0 : rows.findIndex(({ id }) => id === after) + 1;
      return { json: rows.slice(from, from + 100) };
    });
    expect(await changes()).toHaveLength(230);
    expect(fake.calls(LIST)).toHaveLength(7);
  });

  it('ignores the sums of a row with odd events', async () => {
    listedAs({
      'captured_at.gte': [aRow('a', { status: 'CAPTURED', events: [anEvent('CAPTURE', 'CAPTURED', '1')] })],
    });
    const [row] = await changes();
    expect(row).toMatchObject({ status: 'CAPTURED' });
    expect(row).not.toHaveProperty('capturedMinor');
  });

  it('is incomplete when one of the listings fails', async () => {
    fake.on(LIST, { json: [] }, { json: [] }, { status: 503 });
    await expect(changes()).rejects.toMatchObject({ name: 'GatewayUnavailable' });
  });
});

describe('counting the callbacks that dintero has sent', () => {
  const READ = `GET /v1/sessions/${SESSION}`;
  const named = (...names: unknown[]) => ({ json: aSession({ events: names.map((name) => ({ name })) }) });

  const count = (sessionId: string) =>
    gateway.countMissedCallbacks({ sessionIds: [sessionId], from: new Date(0), to: new Date() });

  it.each([
    [['INITIATED', 'AUTHORIZED', 'AUTH_CALLBACK_SENT'], 1],
    [['ON_HOLD_CALLBACK_SENT', 'AUTH_CALLBACK_SENT', 'AUTH_CALLBACK_SENT'], 3],
    [['VISITED', 7, undefined], 0],
  ])('of %j', async (names, sent) => {
    fake.on(READ, named(...names));
    expect(await count(SESSION)).toBe(sent);
  });

  it('finds none for a session without events, an unknown session and one of another account', async () => {
    expect(await count(SESSION)).toBe(0);
    fake.on(READ, { json: aSession({ events: null }) });
    expect(await count(SESSION)).toBe(0);
    expect(await count('P99999999.abc')).toBe(0);
  });

  it.each([
    [{ status: 503 }, 'GatewayUnavailable'],
    [{ status: 400 }, 'GatewayRejected'],
    [{ raw: '{' }, 'GatewayUnavailable'],
    [{ json: aSession({ events: 'none' }) }, 'GatewayUnavailable'],
  ])('is not possible from %j', async (reply, name) => {
    fake.on(READ, reply);
    await expect(count(SESSION)).rejects.toMatchObject({ name });
  });
});
