/** Which of the listed subscriptions still works: the documented views of docs.dintero.com. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { ACCOUNT, settingsFor, startFakeDintero, type FakeDintero } from './fake-dintero.ts';

const LIST = `GET /v1/accounts/${ACCOUNT}/hooks/subscriptions`;
const OURS = {
  id: '1e6b2a4c-0d0e-4f4a-9d4e-2f4f8f1c1a11',
  created_at: '2026-11-21T12:00:00Z',
  active: true,
  config: {
    url: 'https://pay.example/callbacks/dintero/account',
    content_type: 'application/json',
    secret: { type: 'HMAC-SHA1' },
  },
  events: ['checkout_transaction', 'checkout_authorization'],
};

describe('a subscription to our address', () => {
  let fake: FakeDintero;
  beforeEach(async () => {
    fake = await startFakeDintero();
  });
  afterEach(() => fake.close());

  const found = (changes: object) => {
    fake.on(LIST, { json: [{ ...OURS, ...changes }] });
    return createDinteroGateway(settingsFor(fake.url, { webhookSecrets: ['hook'] })).findSubscription();
  };

  it.each([
    ['as it is documented', {}],
    ['with a secret that is a text', { config: { ...OURS.config, secret: 'hush' } }],
    ['without a field about being active', { active: undefined }],
    ['with fields that are one text', { fields: 'transaction(id,status)', exclude_fields: ['customer_ip'] }],
    ['that was never deleted', { deleted_at: null, deleted_by: null }],
  ])('exists %s', async (_, changes) => {
    expect(await found(changes)).toBe('there');
  });

  it.each([
    ['switched off', { active: false }],
    ['deleted', { deleted_at: '2026-11-22T12:00:00Z', deleted_by: 'client-1' }],
    ['for something else', { events: ['settlement_add'] }],
    ['for another address', { config: { ...OURS.config, url: 'https://pay.example/other' } }],
  ])('that is %s is missing', async (_, changes) => {
    expect(await found(changes)).toBe('missing');
  });

  it('is searched for with our name as the user agent', async () => {
    await found({});
    expect(fake.calls(LIST)[0]?.headers['user-agent']).toBe('paidonce');
  });
});
