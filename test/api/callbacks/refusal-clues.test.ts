/** Why a refused callback might be genuine: every clue by a request that makes it, and what nobody may see. */
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signBody } from '../../../src/gateways/dintero/body-signature.ts';
import { signCallback } from '../../../src/gateways/dintero/signature.ts';
import { STRIPE_SANDBOX } from '../../../src/gateways/stripe/sandbox.ts';
import { signEvent } from '../../../src/gateways/stripe/signature.ts';
import { fingerprintOf } from '../../../src/lib/fingerprint.ts';
import { listDeliveries } from '../../../src/store/lists.ts';
import { recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { API_KEY, SECRETS, type Answer } from '../../support/api.ts';
import { ACCOUNT, aPayment, aSessionId } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const QUOTED = 'a-secret-in-quotation-marks';
const HOOK_SECRET = 'a-hook-secret';
const STRIPE_SECRET = 'whsec_newest';
const UPDATE_SECRET = 'whsec_dXBkYXRlcy1vZi10aGUtc2hvcC0wMTIzNDU2Nzg5';
const FOREIGN = 'a-secret-of-somebody-else';
const ALL_SECRETS = [...SECRETS, QUOTED, HOOK_SECRET, STRIPE_SECRET, UPDATE_SECRET, 'a-client-secret'];

interface Sent {
  readonly method: string;
  /** Without the path of PUBLIC_URL, which the proxy removes. */
  readonly target: string;
  readonly headers: Record<string, string | readonly string[]>;
  readonly body?: Buffer;
}

const at = useTestApi({
  ...STRIPE_SANDBOX.variables('http://127.0.0.1:9'),
  PUBLIC_URL: 'https://pay.example/shop',
  DINTERO_SIGNATURE_SECRETS: `${SECRETS.join(',')},"${QUOTED}"`,
  DINTERO_WEBHOOK_SECRETS: HOOK_SECRET,
  STRIPE_WEBHOOK_SECRETS: STRIPE_SECRET,
  ORDER_WEBHOOK_URL: 'http://127.0.0.1:9',
  ORDER_WEBHOOK_SECRETS: UPDATE_SECRET,
  DEFAULT_GATEWAY: 'dintero',
});
let payment: PaymentRow;
beforeAll(async () => {
  const made = await aPayment(at.store.db);
  const session = { sessionId: aSessionId(), checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
  await recordOpened(at.store.db, made.id, session);
  payment = { ...made, sessionId: session.sessionId };
});
beforeEach(async () => {
  await at.store.db.delete(deliveries);
});

const now = () => Math.floor(Date.now() / 1_000);

function query(): string {
  const params = new URLSearchParams({
    payment: payment.id,
    order: payment.orderReference,
    n: '1',
    session_id: payment.sessionId ?? '',
    transaction_id: `${ACCOUNT}.transaction1`,
  });
  for (const event of ['CAPTURE', 'REFUND', 'VOID']) params.append('report_event', event);
  return params.toString();
}

interface Signed {
  readonly host?: string;
  readonly path?: string;
  readonly query?: string;
  readonly method?: string;
  readonly account?: string;
  readonly secret?: string;
  readonly age?: number;
}

function signature(signed: Signed = {}): string {
  const { host = 'pay.example', path = '/shop/callbacks/dintero', method = 'GET' } = signed;
  return signCallback({
    method,
    url: `https://${host}${path}?${signed.query ?? query()}`,
    accountId: signed.account ?? ACCOUNT,
    secret: signed.secret ?? SECRETS[0],
    timestamp: now() - (signed.age ?? 0),
  });
}

/** A session callback of Dintero: signed for one address, and received as another. */
function dintero(signed: Signed = {}, headers: Sent['headers'] = {}, received = query()): Sent {
  const target = `/callbacks/dintero?${received}`;
  return { method: 'GET', target, headers: { 'dintero-signature': signature(signed), ...headers } };
}

const event = () => ({
  id: 'evt_1',
  object: 'event',
  type: 'checkout.session.completed',
  livemode: false,
  data: { object: { id: 'cs_test_1', object: 'checkout.session', note: 'Blåbær / 5 < 7', list: [] } },
});

function stripe(
  signedBody: string,
  body: string | Buffer = signedBody,
  { secret = STRIPE_SECRET, target = '/callbacks/stripe' } = {},
): Sent {
  const headers = { 'stripe-signature': signEvent(signedBody, secret, now()) };
  return { method: 'POST', target, headers, body: Buffer.from(body) };
}

function hook(signedBody: string, body = signedBody, secret = HOOK_SECRET): Sent {
  const headers = { 'event-signature': signBody(signedBody, secret) };
  return { method: 'POST', target: '/callbacks/dintero/account', headers, body: Buffer.from(body) };
}

function send({ method, target, headers, body }: Sent): Promise<Answer> {
  const named = { host: 'pay.example', ...headers } as Record<string, string>;
  return at.api.send(method, target, { headers: named, ...(body !== undefined && { body }) });
}

const log = async () => (await listDeliveries(at.store.db, { limit: 200 })).rows;

/** The clues of one callback, as the API shows them. */
async function cluesOf(sent: Sent): Promise<{ answer: Answer; clues: readonly Record<string, unknown>[] }> {
  const answer = await send(sent);
  await until('it is kept', async () => (await log()).length === 1);
  const { json } = await at.api.send('GET', '/v1/deliveries?outcome=refused', { key: API_KEY });
  return { answer, clues: json.data[0].clues };
}

const newest = { variable: 'DINTERO_SIGNATURE_SECRETS', place: 0, fingerprint: fingerprintOf(SECRETS[0]) };
const ofStripe = { variable: 'STRIPE_WEBHOOK_SECRETS', place: 0, fingerprint: fingerprintOf(STRIPE_SECRET) };
const ofHooks = { variable: 'DINTERO_WEBHOOK_SECRETS', place: 0, fingerprint: fingerprintOf(HOOK_SECRET) };

/** Everything that was answered, to see that no clue leaks into it. */
const answers: Answer[] = [];
const seen: string[] = [];

const pretty = () => JSON.stringify(event(), null, 2);
const compact = () => JSON.stringify(event());

const CASES: readonly (readonly [string, () => Sent, Record<string, unknown>])[] = [
  [
    'the secret of the other endpoint',
    () => dintero({ secret: HOOK_SECRET }),
    { code: 'other_secret', secret: ofHooks },
  ],
  [
    'the secret of another gateway',
    () => dintero({ secret: STRIPE_SECRET }),
    { code: 'other_secret', secret: ofStripe },
  ],
  [
    'a secret whose quotation marks were kept',
    () => dintero({ secret: QUOTED }),
    { code: 'secret_quoted', secret: { variable: 'DINTERO_SIGNATURE_SECRETS', place: 2 } },
  ],
  [
    'the older secret for another host',
    () => dintero({ host: 'pay2.example', secret: SECRETS[1] }, { host: 'pay2.example' }),
    {
      code: 'other_host',
      what: 'pay2.example',
      secret: { ...newest, place: 1, fingerprint: fingerprintOf(SECRETS[1]) },
    },
  ],
  [
    'the host that a proxy has kept in a header',
    () => dintero({ host: 'old.example' }, { 'x-forwarded-host': 'old.example:443, a.b' }),
    { code: 'other_host', what: 'old.example', secret: newest },
  ],
  [
    'a path without the prefix',
    () => dintero({ path: '/callbacks/dintero' }),
    { code: 'other_path', what: '/callbacks/dintero', secret: newest },
  ],
  [
    'a path with the prefix twice',
    () => dintero({ path: '/shop/shop/callbacks/dintero' }),
    { code: 'other_path', what: '/shop/shop/callbacks/dintero' },
  ],
  [
    'a path with a slash at its end',
    () => dintero({ path: '/shop/callbacks/dintero/' }),
    { code: 'other_path', what: '/shop/callbacks/dintero/' },
  ],
  [
    'a path that a proxy has kept in a header',
    () => dintero({ path: '/old/cb' }, { 'x-original-uri': '/old/cb?x=1' }),
    { code: 'other_path', what: '/old/cb' },
  ],
  [
    'another host and another path',
    () => dintero({ host: 'old.example', path: '/callbacks/dintero' }, { host: 'old.example' }),
    { code: 'other_address', what: 'old.example/callbacks/dintero' },
  ],
  ['another method', () => dintero({ method: 'POST' }), { code: 'other_method', what: 'POST' }],
  [
    'the account of live mode',
    () => dintero({ account: `P${ACCOUNT.slice(1)}` }),
    { code: 'other_account', what: `P${ACCOUNT.slice(1)}` },
  ],
  [
    'an added parameter',
    () => dintero({}, {}, `${query()}&utm_source=mail`),
    { code: 'parameter_added', what: 'utm_source', secret: newest },
  ],
  [
    'several added parameters with odd names',
    () => dintero({}, {}, `utm_a=1&${query()}&%00%0Ab=2&${'x'.repeat(80)}=3`),
    { code: 'parameter_added', what: `utm_a,  b, ${'x'.repeat(40)}` },
  ],
  [
    'a decoded plus sign',
    () => dintero({ query: `${query()}&time=a%2Bb` }, {}, `${query()}&time=a+b`),
    { code: 'query_changed', what: 'a plus sign was decoded' },
  ],
  [
    'a query that was encoded twice',
    () => dintero({ query: `${query()}&time=a%3Ab` }, {}, `${query()}&time=a%253Ab`),
    { code: 'query_changed', what: 'it was encoded twice' },
  ],
  [
    'equal names in another order',
    () => dintero({}, {}, query().replace(/(report_event=CAPTURE)&(.*)$/, '$2&$1')),
    { code: 'query_changed', what: 'equal names were put in another order' },
  ],
  [
    'a header that is there twice',
    () => dintero({}, { 'dintero-signature': [signature(), signature()] }),
    { code: 'header_doubled', secret: newest },
  ],
  [
    'a header in quotation marks',
    () => dintero({}, { 'dintero-signature': `"${signature().toUpperCase()}"` }),
    { code: 'header_reformatted', secret: newest },
  ],
  [
    'a renamed header',
    () => ({ ...dintero(), headers: { 'x-original-dintero-signature': signature() } }),
    { code: 'header_renamed', what: 'x-original-dintero-signature' },
  ],
  [
    'another scheme',
    () => dintero({}, { 'dintero-signature': signature().replace('v0-hmac', 'v1-hmac') }),
    { code: 'other_scheme', what: 'v1-hmac-sha256' },
  ],
  ['no header', () => ({ ...dintero(), headers: {} }), { code: 'header_missing', what: 'dintero-signature' }],
  [
    'a webhook at the address of session callbacks',
    () => ({ ...hook('{"event":"x"}'), target: `/callbacks/dintero?${query()}` }),
    { code: 'other_endpoint', what: 'account' },
  ],
  [
    'a callback of another gateway',
    () => stripe(pretty(), pretty(), { target: `/callbacks/dintero?${query()}` }),
    { code: 'other_gateway', what: 'stripe' },
  ],
  ['a session callback without a match', () => dintero({ secret: FOREIGN }), { code: 'no_match' }],
  [
    'a webhook that was written again',
    () => hook(pretty(), compact()),
    { code: 'body_changed', what: 'JSON indented by 2', secret: ofHooks },
  ],
  ['a webhook without a match', () => hook(pretty(), pretty(), FOREIGN), { code: 'no_match' }],
  [
    'an event signed for updates of the shop',
    () => stripe(pretty(), pretty(), { secret: UPDATE_SECRET }),
    { code: 'other_secret', secret: { variable: 'ORDER_WEBHOOK_SECRETS', place: 0 } },
  ],
  ...(
    [
      ['JSON indented by 2', pretty, compact],
      ['compact JSON', compact, pretty],
      [
        'compact JSON in ASCII',
        () => compact().replaceAll('å', '\\u00e5').replaceAll('æ', '\\u00e6'),
        compact,
      ],
      ['JSON with escaped slashes', () => compact().replaceAll('/', '\\/'), compact],
      ['JSON with escaped HTML', () => compact().replaceAll('<', '\\u003c'), compact],
      ['JSON with blanks', () => compact().replace(/([,:])(?=["{[\]ft])/g, '$1 '), compact],
      ['without blanks at its end', pretty, () => `${pretty()}\r\n`],
      ['with a line end at its end', () => `${pretty()}\n`, pretty],
      ['without a byte order mark', pretty, () => `\ufeff${pretty()}`],
      ['with line ends LF', pretty, () => pretty().replaceAll('\n', '\r\n')],
      ['with line ends CRLF', () => pretty().replaceAll('\n', '\r\n'), pretty],
      ['UTF-8 read as Latin-1', pretty, () => Buffer.from(pretty()).toString('latin1')],
      ['UTF-8 written as Latin-1', pretty, () => Buffer.from(pretty(), 'latin1')],
    ] as const
  ).map(
    ([what, signed, body]) =>
      [
        `an event that was changed: ${what}`,
        () => stripe(signed(), body()),
        { code: 'body_changed', what, secret: ofStripe },
      ] as const,
  ),
  ['an event without its body', () => stripe(pretty(), ''), { code: 'body_missing' }],
  [
    'an event of live mode',
    () => stripe(pretty().replace('false', 'true'), pretty().replace('false', 'true'), { secret: FOREIGN }),
    { code: 'other_mode', what: 'live' },
  ],
  [
    'an event with the scheme of test mode',
    () => {
      const sent = stripe(pretty());
      return {
        ...sent,
        headers: { 'stripe-signature': String(sent.headers['stripe-signature']).replace('v1', 'v0') },
      };
    },
    { code: 'other_scheme', what: 'v0' },
  ],
  [
    'an event that is too large',
    () => stripe(' '.repeat(70_000), `${' '.repeat(70_000)}x`),
    { code: 'not_examined' },
  ],
];

describe('the clues of a refused callback', () => {
  it.each(CASES)('%s', async (_, made, expected) => {
    const { answer, clues } = await cluesOf(made());
    expect(clues).toMatchObject([{ text: expect.any(String), todo: expect.any(String), ...expected }]);
    expect(clues).toHaveLength(1);
    expect(answer).toMatchObject({ status: 401, json: { code: 'bad_signature' } });
    answers.push(answer);
    seen.push(JSON.stringify(await log()));
  });

  it('are in no answer: its bytes are the same, whatever was found', () => {
    const texts = answers.map(({ text, json }) => text.replace(json.requestId as string, 'id'));
    const expected = DETAILS.map((detail) => {
      const is = { type: 'about:blank', title: TITLE, status: 401, code: 'bad_signature', detail };
      return JSON.stringify({ ...is, requestId: 'id' });
    });
    expect([...new Set(texts)].toSorted()).toEqual(expected.toSorted());
    expect(answers.length).toBeGreaterThan(40);
  });

  it('contain no secret and no signature', () => {
    const digests = seen.join().match(/[0-9a-f]{40,}/g);
    expect(digests).toBeNull();
    for (const secret of ALL_SECRETS) expect(seen.join()).not.toContain(secret);
  });

  it('are the age of a valid signature that is too old, and are kept with the callback', async () => {
    const clue = { code: 'out_of_tolerance', clock: 'unknown', secret: newest };
    expect(await send(dintero({ age: 900 }))).toMatchObject({
      status: 401,
      json: { code: 'stale_signature' },
    });
    expect(await log()).toMatchObject([{ outcome: 'accepted', clues: [{ ...clue, seconds: 900 }] }]);
    at.api.service.metrics.clockSkew.set({ gateway: 'dintero' }, 880);
    await send(dintero({ age: 1_000 }));
    at.api.service.metrics.clockSkew.set({ gateway: 'dintero' }, 1);
    await send(dintero({ age: 9 * 24 * 3_600 }));
    await until('the third is kept', async () => (await log()).length === 3);
    expect(await log()).toMatchObject([
      { outcome: 'refused', clues: [{ ...clue, seconds: 777_600, clock: 'right' }] },
      { outcome: 'accepted', clues: [{ ...clue, seconds: 1_000, clock: 'ours' }] },
      { outcome: 'accepted' },
    ]);
  });

  it('are none for a callback that verifies', async () => {
    expect(await send(dintero())).toMatchObject({ status: 200 });
    expect(await log()).toMatchObject([{ outcome: 'accepted', clues: null }]);
  });

  it('are counted, and named by doctor with what to do', async () => {
    const { text } = await at.api.send('GET', '/metrics');
    expect(text).toContain('paidonce_refusal_clues_total{gateway="dintero",code="other_host"} 2');
    await send(dintero());
    await at.store.db.update(deliveries).set({ secret: 'fe0dcba9' });
    await send(dintero({ host: 'pay2.example' }, { host: 'pay2.example' }));
    await send(dintero({ secret: FOREIGN }));
    await until('all are kept', async () => (await log()).length === 3);
    const { json } = await at.api.send('GET', '/v1/health', { key: API_KEY });
    const check = json.checks.find(({ name }: { name: string }) => name === 'signatures');
    expect(check).toMatchObject({ state: 'warn', text: expect.stringContaining('for host pay2.example') });
    expect(check.todo).toContain('set PUBLIC_URL to the address that the gateway calls');
    // The secret that signed before is no longer configured.
    expect(check.todo).toMatch(/callbacks of dintero were signed until .* by secret fe0dcba9/);
  });

  it('of genuine callbacks are kept in a flood of forgeries, of which few are examined', async () => {
    const forged = Array.from({ length: 200 }, (_, index) =>
      dintero({ secret: FOREIGN }, {}, `${query()}&forged=${index}`),
    );
    const flood = await Promise.all(forged.map(send));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([401]));
    const examined = async () => {
      const { text } = await at.api.send('GET', '/metrics');
      return Number(/paidonce_refusal_clues_total.gateway="dintero",code="no_match". (\d+)/.exec(text)?.[1]);
    };
    expect(await examined()).toBeLessThan(150);
    // Within the limit of forgeries this would take six seconds.
    const explained = async () => {
      await send(dintero({ host: 'pay2.example' }, { host: 'pay2.example' }));
      return (await log()).filter(({ clues }) => clues?.[0]?.code === 'other_host').length >= 6;
    };
    await until('six genuine ones among them are explained', explained, 4_000);
  });
});

const TITLE = 'The signature is missing or wrong';
/** One for each reason and address, as they were before there were clues. */
const DETAILS = [
  'expected exactly one t=<unix seconds>',
  'no v0-hmac-sha256=<64 lower-case hex digits>',
  'no v1=<64 lower-case hex digits>',
  'there is no Dintero-Signature header; check that the account has a signature secret',
  'the signature matches none of the 3 configured secrets for host pay.example; check that Dintero calls PUBLIC_URL, and that no proxy changes the path or the query',
  'the signature matches none of the 1 secrets in DINTERO_WEBHOOK_SECRETS; check them, and that no proxy changes the body',
  "the signature matches none of the 1 secrets in STRIPE_WEBHOOK_SECRETS; check that they are this endpoint's (whsec_…), and that no proxy changes the body",
];
