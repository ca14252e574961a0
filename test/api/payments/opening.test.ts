/** Contract §3: a request beside an open session, and input that never prevents a sale. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { API_KEY, type Answer } from '../../support/api.ts';
import { aFinding, aRecord, aReference, aSessionId, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

const LINE = { id: 'chair-1', lineId: '1', description: 'Chair', quantity: 1, amount: 72_200 };

describe('opening a payment', () => {
  const at = useTestApi({ RETURN_URL_SCHEMES: 'https,myshop' });
  let reference: string;
  beforeEach(() => {
    reference = aReference();
  });

  const open = (more: Record<string, unknown> = {}, order: Record<string, unknown> = {}): Promise<Answer> =>
    at.api.post('/v1/payments', {
      order: { reference, amount: 72_200, currency: 'NOK', items: [LINE], ...order },
      ...more,
    });
  const rowOf = async ({ json }: Answer) => (await findPayment(at.store.db, json.id)) as PaymentRow;
  /** The request to the gateway. The customer's data is deleted right after it. */
  const sent: PaymentRow['request'][] = [];
  const seen = () => {
    const { open: usual } = at.api.runs.answers;
    at.api.runs.answers.open = async (payment) => {
      const row = await findPayment(at.store.db, payment.paymentId);
      if (row !== null) sent.push(row.request);
      return usual(payment);
    };
  };
  beforeEach(() => void (sent.length = 0));
  const pointersOf = ({ json }: Answer) =>
    (json.errors as { pointer: string }[]).map(({ pointer }) => pointer);
  const become = async (of: Answer, status: PaymentRow['status'], more = {}) => {
    const finding = aFinding(status, more);
    await recordFinding(at.store.db, aRecord(await rowOf(of), { finding, key: status }), TELLS);
  };
  const cancels = (first: Answer) => {
    at.api.runs.answers.cancel = async () => {
      await become(first, 'CANCELLED', { closedBy: 'merchant' });
      return { kind: 'cancelled' };
    };
  };
  /** The run has opened the session, and the customer's data is deleted. */
  const opened = async (of: Answer) =>
    recordOpened(at.store.db, of.json.id, {
      sessionId: of.json.sessionId ?? aSessionId(),
      checkoutUrl: 'https://c.example',
      runId: 'r',
      text: 'opened',
    });

  describe('beside an open session', () => {
    it.each([
      ['other lines', {}, { items: [{ ...LINE, description: 'Table' }] }, ['/order/items/0/description']],
      ['no lines', {}, { items: undefined }, ['/order/items']],
      ['another capture', { capture: 'auto' }, {}, ['/capture']],
      ['another profile', { profileId: 'p2' }, {}, ['/profileId']],
      ['another second reference', { merchantReference2: 'b' }, {}, ['/merchantReference2']],
      [
        'several differences',
        { capture: 'auto' },
        { amount: 1, items: undefined },
        ['/order/amount', '/capture', '/order/items'],
      ],
    ])('with %s is 409 and names the differences', async (_, more, order, pointers) => {
      await open();
      const answer = await open(more, order);
      expect(answer).toMatchObject({ status: 409, json: { code: 'order_mismatch' } });
      expect(pointersOf(answer)).toEqual(pointers);
    });

    it('is 200 where only fields that are not compared differ, and updates them', async () => {
      const first = await open({ returnUrl: 'https://shop.example/a', metadata: { cart: '1' } });
      const second = await open({
        returnUrl: 'https://shop.example/b',
        metadata: { cart: '2' },
        language: 'sv',
        customer: { email: 'kari@shop.example' },
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      });
      const { id, expiresAt } = first.json;
      const followed = { returnUrl: 'https://shop.example/b', metadata: { cart: '2' } };
      expect(second).toMatchObject({ status: 200, json: { id, expiresAt, ...followed } });
      expect(await rowOf(first)).toMatchObject(followed);
    });

    it('is 200 with "replace" where nothing differs', async () => {
      const customer = { phone: '+47 99999999', billingAddress: { city: 'Oslo', line1: 'Storgata 1' } };
      const first = await open({ customer });
      await opened(first);
      const same = { billingAddress: { line1: 'Storgata 1', city: 'Oslo' }, phone: '+4799999999' };
      expect(await open({ customer: same, replace: true })).toMatchObject({
        status: 200,
        json: { id: first.json.id },
      });
    });

    it.each([
      ['another customer', { email: 'ola@shop.example' }],
      ['no customer', undefined],
    ])('is 201 with "replace" for %s, and 200 without it', async (_, customer) => {
      const first = await open({ customer: { email: 'kari@shop.example' } });
      await opened(first);
      expect(await open({ customer })).toMatchObject({ status: 200, json: { id: first.json.id } });
      cancels(first);
      const second = await open({ customer, replace: true });
      expect(second.status).toBe(201);
      expect(second.json.id).not.toBe(first.json.id);
    });

    it('is 201 with "replace" for other lines of the same total', async () => {
      const first = await open();
      cancels(first);
      expect((await open({ replace: true }, { items: [{ ...LINE, quantity: 2 }] })).status).toBe(201);
    });

    it("deletes the customer's data once the payment is settled", async () => {
      const first = await open({ customer: { email: 'kari@shop.example' } });
      expect((await rowOf(first)).request).toMatchObject({ customerHash: expect.any(String) });
      expect((await rowOf(first)).request).not.toHaveProperty('customer');
      await become(first, 'FAILED');
      expect((await rowOf(first)).request).toEqual({ lines: expect.any(Array) });
    });

    it('on hold is compared by its money alone', async () => {
      const first = await open();
      await become(first, 'ON_HOLD');
      expect(await open({ capture: 'auto' })).toMatchObject({ status: 200, json: { checkoutUrl: null } });
      const other = await open({ replace: true }, { amount: 1, items: undefined });
      expect(other.status).toBe(409);
      expect(pointersOf(other)).toEqual(['/order/amount']);
    });
  });

  describe('with texts that are only shown or filled in', () => {
    beforeEach(seen);

    it.each([
      ['a line break', 'Chair,\r\nred', 'Chair, red'],
      ['control characters', `Chair\u0000\u001b[31m`, 'Chair [31m'],
      ['half a character', 'Chair\ud800', 'Chair'],
      ['more characters than are shown', '😀'.repeat(600), '😀'.repeat(500)],
      ['nothing', ' \n ', 'chair-1'],
    ])('shows a description with %s', async (_, description, shown) => {
      const answer = await open({}, { items: [{ ...LINE, description }] });
      expect(answer).toMatchObject({
        status: 201,
        json: { warnings: [{ pointer: '/order/items/0/description', code: 'cleaned' }] },
      });
      expect((await rowOf(answer)).request.lines[0]?.description).toBe(shown);
    });

    it.each([
      ['phone', '', null],
      ['phone', '22/33 44 55', null],
      ['phone', '0047 (22) 33-44.55', '+4722334455'],
      ['phone', '+47 99 99 99 99', '+4799999999'],
      ['phone', '+47', null],
      ['phone', '+4799999999; drop table', null],
      ['email', 'jørgen@shop.example', null],
      ['email', ' kari@bøker.example', 'kari@xn--bker-gra.example'],
      ['email', 'kari', null],
      ['email', 'a..b@shop.example', null],
      ['email', '', null],
      ['name', 'Kari\nNordmann', 'Kari Nordmann'],
      ['name', '  ', null],
    ])('corrects a %s or leaves it out: %j', async (field, given, written) => {
      const answer = await open({ customer: { [field]: given } });
      expect(answer).toMatchObject({
        status: 201,
        json: {
          warnings: [{ pointer: `/customer/${field}`, code: written === null ? 'left_out' : 'normalised' }],
        },
      });
      expect(sent[0]?.customer).toEqual(written === null ? undefined : { [field]: written });
      if (given.length > 5) expect(answer.text).not.toContain(given.trim());
    });

    it('warns that no shop is told of an order of golive', async () => {
      const order = { reference: 'golive-of-a-shop', amount: 72_200, currency: 'NOK' };
      expect(await open({ order })).toMatchObject({
        status: 201,
        json: { warnings: [{ pointer: '/order/reference', code: 'not_told' }] },
      });
    });

    it.each([
      ['nb_NO', 'nb-NO'],
      ['NO', 'no'],
      ['sv_SE.UTF-8', 'sv-SE'],
      ['klingon', null],
      ['', null],
    ])('corrects a language or leaves it out: %s', async (given, written) => {
      const answer = await open({ language: given });
      expect(answer).toMatchObject({ status: 201, json: { warnings: [{ pointer: '/language' }] } });
      expect((await rowOf(answer)).request.language).toBe(written ?? undefined);
    });

    it('takes addresses, and warns of no correct field', async () => {
      const customer = {
        email: 'kari@shop.example',
        phone: '+4799999999',
        name: 'Kari Nordmann',
        billingAddress: { line1: 'Storgata 1', postalCode: '0155', city: 'Oslo', country: 'NO' },
        shippingAddress: { company: 'Post i Butikk', line2: 'c/o Ola', region: 'Viken', name: 'Ola' },
      };
      const answer = await open({ customer, language: 'no' });
      expect(answer).toMatchObject({ status: 201, json: { warnings: [] } });
      expect(sent[0]?.customer).toEqual(customer);
    });

    it('leaves out an invalid country', async () => {
      const answer = await open({ customer: { billingAddress: { city: 'Oslo', country: 'Norge' } } });
      expect(answer.json.warnings).toMatchObject([
        { pointer: '/customer/billingAddress/country', code: 'left_out' },
      ]);
      expect(sent[0]?.customer).toEqual({ billingAddress: { city: 'Oslo' } });
    });
  });

  describe('with an expiry of its own', () => {
    const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

    it('is open until that time', async () => {
      const expiresAt = inMs(3_600_000);
      expect(await open({ expiresAt })).toMatchObject({ status: 201, json: { expiresAt } });
    });

    it('accepts the time in another time zone', async () => {
      const at1 = new Date(Math.ceil(Date.now() / 1_000 + 7_200) * 1_000);
      const expiresAt = `${new Date(at1.getTime() + 3_600_000).toISOString().slice(0, 19)}+01:00`;
      expect(await open({ expiresAt })).toMatchObject({
        status: 201,
        json: { expiresAt: at1.toISOString() },
      });
    });

    it.each([
      ['in the past', inMs(-1_000)],
      ['within seconds', inMs(10_000)],
      ['beyond a month', inMs(31 * 24 * 3_600_000)],
      ['an invalid time', 'tomorrow'],
    ])('%s is 422', async (_, expiresAt) => {
      const answer = await open({ expiresAt });
      expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '/expiresAt' }] } });
    });
  });

  describe('with a return URL', () => {
    it.each(['myshop://thanks?cart=1', 'https://shop.example/'])(
      'accepts a scheme of the list: %s',
      async (returnUrl) => {
        expect(await open({ returnUrl })).toMatchObject({ status: 201, json: { returnUrl } });
      },
    );

    it.each(['http://shop.example/', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])(
      'accepts no other scheme: %s',
      async (returnUrl) => {
        const answer = await open({ returnUrl });
        expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '/returnUrl' }] } });
      },
    );

    it.each([
      ['https://shop.example/Thanks?a=b%2fc&d=e f#Top', 'https://shop.example/Thanks?a=b%2fc&d=e%20f#Top'],
      ['https://shop.example/tøfler?å=ø', 'https://shop.example/t%C3%B8fler?%C3%A5=%C3%B8'],
      ['https://bøker.example:8443/x', 'https://xn--bker-gra.example:8443/x'],
      ['HTTPS://Shop.Example/%7Ea/../b/', 'HTTPS://Shop.Example/%7Ea/../b/'],
    ])('keeps the bytes of the URL: %s', async (returnUrl, kept) => {
      expect((await open({ returnUrl })).json.returnUrl).toBe(kept);
    });
  });

  it.each(['.', '..'])('does not accept %s as a reference', async (reserved) => {
    reference = reserved;
    const answer = await open();
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer: '/order/reference' }] } });
    expect((await at.api.send('GET', `/v1/orders/%2E`, { key: API_KEY })).status).toBe(404);
  });
});
