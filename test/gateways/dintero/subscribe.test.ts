/** How `subscribe` reacts to each state that Dintero can list for its ping. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDinteroClient } from '../../../src/gateways/dintero/client.ts';
import { subscribe } from '../../../src/gateways/dintero/subscribe.ts';
import { ACCOUNT, type FakeDintero, type Reply, settingsFor, startFakeDintero } from './fake-dintero.ts';

const ID = '1e6b2a4c-0d0e-4f4a-9d4e-2f4f8f1c1a11';
const PATH = `/v1/accounts/${ACCOUNT}/hooks/subscriptions`;
const DELIVERIES = `GET ${PATH}/${ID}/deliveries`;
const DELETE = `DELETE ${PATH}/${ID}`;

describe('a subscription that was just made', () => {
  let fake: FakeDintero;
  beforeEach(async () => {
    fake = await startFakeDintero();
    fake.on(`GET ${PATH}`, { json: [] });
    fake.on(`POST ${PATH}`, { json: { id: ID, config: { secret: { type: 'HMAC-SHA1' } } } });
    fake.on(DELETE, { status: 204, raw: '' });
  });
  afterEach(() => fake.close());

  const subscribed = (limitMs = 60_000) => {
    const settings = settingsFor(fake.url, { webhookSecrets: ['hook-secret', 'older'] });
    const client = createDinteroClient(settings, { now: () => new Date() });
    return subscribe({ client, accountId: ACCOUNT }, settings, limitMs);
  };
  const rows = (...statuses: (number | undefined)[]): Reply => ({
    json: statuses.map((status, n) => ({ id: `${n}`, event_delivery: 'd', created_at: 'x', status })),
  });

  it.each([
    ['a text', { secret: 'hook-secret' }],
    ['an object', { secret: { type: 'HMAC-SHA1' } }],
    ['nothing', {}],
  ])('is understood with its secret shown as %s', async (_, config) => {
    fake.on(`POST ${PATH}`, { json: { id: ID, config } });
    fake.on(DELIVERIES, rows(200));
    expect((await subscribed()).json).toMatchObject({ subscription: { id: ID }, ping: 'verified' });
  });

  it('is sent with the first secret as a text', async () => {
    fake.on(DELIVERIES, rows(200));
    await subscribed();
    expect(fake.calls(`POST ${PATH}`)[0]?.body).toEqual({
      config: {
        url: 'https://pay.example/callbacks/dintero/account',
        content_type: 'application/json',
        secret: 'hook-secret',
      },
      events: ['checkout_transaction', 'checkout_authorization'],
    });
  });

  it('stays when its ping is listed as verified after a while, also after pings that the API could not accept', async () => {
    fake.on(DELIVERIES, rows(), { status: 503 }, rows(503), rows(200, 503));
    expect(await subscribed()).toMatchObject({
      json: { created: true, ping: 'verified' },
      lines: [expect.stringMatching(/^subscribed/), expect.stringContaining('answered 200')],
    });
    expect(fake.calls(DELETE)).toHaveLength(0);
  });

  it.each([
    ['no ping is listed', rows(), 'Dintero lists no ping of it'],
    ['its ping was not answered', rows(undefined), 'its ping was not answered'],
    ['the API is in trouble', rows(undefined, 503), 'its ping was answered 503'],
    ['the address redirects', rows(302), 'its ping was answered 302'],
    ['the list is unreadable', { json: { deliveries: 'soon' } }, "can't be read"],
    ['the list hangs', { hang: true }, "can't be read"],
  ])('is deleted at the time limit where %s', async (_, reply, because) => {
    fake.on(DELIVERIES, reply);
    const answer = await subscribed(1_000);
    expect(answer).toMatchObject({
      isBadNews: true,
      json: { created: false, removed: true, ping: 'unseen' },
    });
    expect(answer.lines[0]).toContain(because);
    expect(fake.calls(DELETE)).toHaveLength(1);
  });

  it.each([
    ['its ping is refused', rows(401), 'refused'],
    ['its ping goes elsewhere', rows(404), 'refused'],
    ['the list is forbidden', { status: 403, json: {} }, 'unseen'],
    ['the list does not exist', { status: 404, json: { error: { message: 'gone' } } }, 'unseen'],
  ])('is deleted before the time limit where %s', async (_, reply, ping) => {
    fake.on(DELIVERIES, reply);
    expect((await subscribed()).json).toMatchObject({ removed: true, ping });
    expect(fake.calls(DELIVERIES)).toHaveLength(1);
  });

  it("that can't be deleted is reported with the command that ends it", async () => {
    fake.on(DELIVERIES, rows(401));
    fake.on(DELETE, { status: 503 });
    const { json, lines, isBadNews } = await subscribed();
    expect([isBadNews, json]).toMatchObject([true, { removed: false }]);
    expect(lines[0]).toContain(`could not be removed (Dintero delete subscription: answered 503)`);
    expect(lines[0]).toContain(`paidonce dintero unsubscribe ${ID}`);
  });
});
