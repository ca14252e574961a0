import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STRIPE_COMMANDS } from '../../../src/gateways/stripe/commands.ts';
import { SUBSCRIBED_EVENTS } from '../../../src/gateways/stripe/event-types.ts';
import type { CommandAnswer } from '../../../src/gateways/gateway-command.ts';
import { GatewayRejected } from '../../../src/gateways/gateway-errors.ts';
import {
  aCharge,
  aList,
  anError,
  aRefund,
  gatewayAt,
  settingsFor,
  startFakeStripe,
  type FakeStripe,
} from './fake-stripe.ts';

const LIST = 'GET /v1/webhook_endpoints';
const CREATE = 'POST /v1/webhook_endpoints';
const EVENTS = 'GET /v1/events';
const URL = 'https://pay.example/callbacks/stripe';
const ID = 'we_1MsQ2aLkdIwHu7ix';

let fake: FakeStripe;

beforeEach(async () => {
  fake = await startFakeStripe();
});

afterEach(() => fake.close());

function anEndpoint(changes: object = {}) {
  const common = { id: ID, object: 'webhook_endpoint', status: 'enabled', url: URL };
  return { ...common, api_version: '2026-08-26.dahlia', enabled_events: [...SUBSCRIBED_EVENTS], ...changes };
}

const listed = (...endpoints: object[]) => fake.on(LIST, { json: aList(endpoints) });

function run(name: string, argument = '', settings = {}): Promise<CommandAnswer> {
  const command = STRIPE_COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw new Error(name);
  return command.run(settingsFor(fake.url, settings), { argument, isFlagged: false });
}

describe('the subscription of stripe', () => {
  const found = (...endpoints: object[]) => {
    listed(...endpoints);
    return gatewayAt(fake).findSubscription();
  };

  it('is there if an endpoint at our address sends what we need', async () => {
    expect(await found(anEndpoint())).toBe('there');
    expect(await found(anEndpoint({ enabled_events: ['*'] }))).toBe('there');
    expect(await found(anEndpoint({ status: 'disabled' }), anEndpoint())).toBe('there');
  });

  it('is missing if there is none at our address', async () => {
    expect(await found()).toBe('missing');
    expect(await found(anEndpoint({ url: `${URL}/x` }))).toBe('missing');
  });

  it.each([
    [{ status: 'disabled' }, /disabled/],
    [{ enabled_events: SUBSCRIBED_EVENTS.slice(1) }, /does not send checkout.session.completed: add it/],
    [
      { api_version: null },
      /version of the account, expected 2026-08-26.dahlia: paidonce stripe unsubscribe we_/,
    ],
    [{ api_version: '2024-06-20' }, /2024-06-20/],
  ])('is wrong with %j, and says what to do', async (changes, wrong) => {
    expect(await found(anEndpoint(changes))).toEqual({ wrong: expect.stringMatching(wrong) });
  });
});

describe('paidonce stripe', () => {
  it('subscribe creates one endpoint and shows its secret once', async () => {
    listed();
    fake.on(CREATE, { json: { ...anEndpoint(), secret: 'whsec_made' } });
    const { lines, json } = await run('subscribe');
    expect(lines.join('\n')).toContain('whsec_made');
    expect(json).toMatchObject({ created: true, secret: 'whsec_made', subscription: { id: ID, url: URL } });
    const form = fake.calls(CREATE)[0]?.body;
    expect(form?.getAll('enabled_events[]')).toEqual([...SUBSCRIBED_EVENTS]);
    expect([form?.get('url'), form?.get('api_version')]).toEqual([URL, '2026-08-26.dahlia']);
  });

  it('subscribe keeps an endpoint that exists, and says what is wrong with it', async () => {
    listed(anEndpoint());
    expect(await run('subscribe')).toMatchObject({ json: { created: false } });
    listed(anEndpoint({ status: 'disabled' }));
    const { lines, isBadNews } = await run('subscribe', '', { webhookSecrets: [] });
    expect(isBadNews).toBe(true);
    expect(lines.join('\n')).toMatch(/disabled[\s\S]*STRIPE_WEBHOOK_SECRETS is not set/);
    expect(fake.calls(CREATE)).toEqual([]);
  });

  it('subscribe says why Stripe refuses an address', async () => {
    listed();
    fake.on(
      CREATE,
      anError(400, { message: 'Invalid URL: URL must be publicly accessible.', code: 'url_invalid' }),
    );
    await expect(run('subscribe')).rejects.toThrow(/publicly accessible/);
  });

  it('subscriptions lists all endpoints and marks ours', async () => {
    listed(
      anEndpoint(),
      anEndpoint({ id: 'we_2', url: 'https://other.example', api_version: null, enabled_events: ['*'] }),
    );
    const { lines, json } = await run('subscriptions');
    expect(lines).toEqual([
      `${ID}  ${URL}  ${SUBSCRIBED_EVENTS.length} events  2026-08-26.dahlia  (ours)`,
      "we_2  https://other.example  all events  the account's version",
    ]);
    expect(json).toMatchObject({ subscriptions: [{ ours: true }, { ours: false }] });
    listed();
    expect((await run('subscriptions')).lines).toEqual(['no subscriptions']);
  });

  it('unsubscribe deletes one, and no other path', async () => {
    fake.on(`DELETE /v1/webhook_endpoints/${ID}`, { json: { id: ID, deleted: true } });
    expect((await run('unsubscribe', ID)).lines).toEqual([`unsubscribed ${ID}`]);
    await expect(run('unsubscribe', '../account')).rejects.toThrow(GatewayRejected);
    await expect(run('unsubscribe', 'we_other')).rejects.toThrow(/resource_missing/);
    expect(fake.seen.filter(({ method }) => method === 'DELETE')).toHaveLength(2);
  });
});

describe('missed stripe events', () => {
  const FROM = new Date('2026-11-21T11:00:00.000Z');
  const TO = new Date('2026-11-21T12:00:00.000Z');
  const missed = () => gatewayAt(fake).countMissedCallbacks({ sessionIds: [], from: FROM, to: TO });
  const anEvent = (object: object) => ({ id: 'evt_1', type: 'x', created: 1_795_262_400, data: { object } });

  it('are those of ours that could not be delivered', async () => {
    listed(anEndpoint());
    fake.on(EVENTS, {
      json: aList([anEvent(aCharge()), anEvent(aRefund()), anEvent(aCharge({ metadata: {} })), 'odd']),
    });
    expect(await missed()).toBe(2);
    const { query } = fake.calls(EVENTS)[0] ?? {};
    expect(query?.get('delivery_success')).toBe('false');
    expect([query?.get('created[gte]'), query?.get('created[lt]')]).toEqual(['1795258800', '1795262400']);
  });

  it('are none where nothing is subscribed', async () => {
    listed(anEndpoint({ url: 'https://other.example' }));
    expect(await missed()).toBe(0);
    expect(fake.calls(EVENTS)).toEqual([]);
  });
});
