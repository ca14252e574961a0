import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anOrder, startStage, tell, text, type Stage } from './shop-client.ts';

const HELD = { status: 'AUTHORIZED', authorizedAmount: 72_200, capturedAmount: 0, refundedAmount: 0 };
const CAPTURED = { ...HELD, status: 'CAPTURED', capturedAmount: 72_200 };

/** A button as a browser finds it on the page: the target and the fields of its form. */
interface Button {
  readonly label: string;
  readonly action: string;
  readonly fields: Record<string, string>;
}

function buttonsOf(page: string): Button[] {
  const forms = [...page.matchAll(/<form method="post" action="([^"]+)">(.*?)<\/form>/gs)];
  return forms.map(([, action = '', inside = '']) => {
    const inputs = [...inside.matchAll(/name="([^"]+)" value="([^"]*)"/g)];
    const label = /<button[^>]*>(.*?)<\/button>/s.exec(inside)?.[1] ?? '';
    return { label, action, fields: Object.fromEntries(inputs.map(([, name, value]) => [name, value])) };
  });
}

describe('the money buttons of the demo shop', () => {
  let stage: Stage;
  let order: string;
  beforeEach(async () => {
    stage = await startStage();
    order = await anOrder(stage);
    await tell(stage.shop, { order });
  });
  afterEach(() => stage.close());

  const page = () => text(stage.shop, `/orders/${order}`);
  const labels = async () => buttonsOf(await page()).map(({ label }) => label);
  const button = async (label: string) => {
    const found = buttonsOf(await page()).find((one) => one.label.startsWith(label));
    if (found === undefined) throw new Error(`no button ${label}`);
    return found;
  };
  const press = ({ action, fields }: Button, headers: Record<string, string> = {}) =>
    fetch(`${stage.shop.url}${action}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(fields),
      headers,
    });

  it.each([
    ['nothing is paid', { status: 'PENDING', authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0 }, []],
    ['it is held', HELD, ['Capture 722.00 NOK', 'Void 722.00 NOK']],
    [
      'a part is captured',
      { ...HELD, status: 'PARTIALLY_CAPTURED', capturedAmount: 200 },
      ['Capture 720.00 NOK', 'Refund 2.00 NOK'],
    ],
    ['it is captured', CAPTURED, ['Refund 722.00 NOK']],
    [
      'a part is refunded',
      { ...CAPTURED, status: 'PARTIALLY_REFUNDED', refundedAmount: 200 },
      ['Refund 720.00 NOK'],
    ],
    ['all is refunded', { ...CAPTURED, status: 'REFUNDED', refundedAmount: 72_200 }, []],
    ['it is voided', { ...HELD, status: 'VOIDED' }, []],
    ['the payment is in REVIEW', { ...CAPTURED, status: 'REVIEW' }, []],
  ])('offer what the payment allows when %s', async (_, payment, offered) => {
    stage.api.payment = payment;
    expect(await labels()).toEqual(offered);
  });

  it('move money once for a double click, and lead back to the order', async () => {
    stage.api.payment = HELD;
    const capture = await button('Capture');
    const answers = await Promise.all([press(capture), press(capture)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(answers[0]?.headers.get('location')).toBe(`${stage.shop.url}/orders/${order}`);
    expect(stage.api.operations).toMatchObject([{ kind: 'capture', reference: 'shop-capture-0' }]);
    stage.api.payment = CAPTURED;
    await press(await button('Refund'));
    expect(stage.api.operations.map(({ kind }) => kind)).toEqual(['refund', 'capture']);
  });

  it('are gone while an operation is under way', async () => {
    stage.api.payment = HELD;
    stage.api.outcome = { status: 'pending' };
    expect((await press(await button('Capture'))).status).toBe(303);
    expect(await labels()).toEqual([]);
    expect(await page()).toContain('An operation is under way');
  });

  it('try again with another reference after a refusal, which is shown in the words of paidonce', async () => {
    stage.api.payment = HELD;
    const problem = { status: 402, code: 'declined', detail: 'the bank <b>said</b> no' };
    stage.api.outcome = { status: 'failed', problem };
    const refused = await press(await button('Capture'));
    expect(refused.status).toBe(402);
    expect(await refused.text()).toMatch(/could not be captured.*the bank &lt;b>said&lt;\/b> no/s);
    expect(await page()).toContain('(the bank &lt;b>said&lt;/b> no)');
    stage.api.outcome = undefined;
    expect((await press(await button('Capture'))).status).toBe(303);
    expect(stage.api.operations.map(({ reference }) => reference)).toEqual([
      'shop-capture-1',
      'shop-capture-0',
    ]);
  });

  it("say that the shop's API key lacks the scope", async () => {
    stage.api.payment = HELD;
    const detail = 'the API key web has the scope shop; one of money, admin was expected';
    stage.api.outcome = { status: 'failed', problem: { status: 403, code: 'scope_missing', detail } };
    const answer = await press(await button('Void'));
    const words = await answer.text();
    expect(answer.status).toBe(403);
    expect(words).toContain('could not be voided');
    expect(words).toContain(`The shop’s API key may not do this: ${detail}. Nothing was done.`);
  });

  it('claim nothing when the API does not answer', async () => {
    stage.api.payment = HELD;
    const refund = { ...(await button('Capture')), action: `/orders/${order}/refund` };
    await stage.api.close();
    const answer = await press(refund);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('does not know whether the money was moved');
  });

  it("work only for their own order and from this shop's pages", async () => {
    stage.api.payment = HELD;
    const capture = await button('Capture');
    const foreign = [
      await press(capture, { origin: 'https://elsewhere.example' }),
      await press(capture, { origin: 'null' }),
      await press({ ...capture, fields: { ...capture.fields, payment: 'pay_other' } }),
      await press({ ...capture, fields: { ...capture.fields, reference: '../void' } }),
      await press({ ...capture, action: '/orders/none/capture' }),
    ];
    expect(foreign.map(({ status }) => status)).toEqual([403, 403, 400, 400, 404]);
    expect(stage.api.operations).toEqual([]);
    expect((await press(capture, { origin: stage.shop.url })).status).toBe(303);
  });

  it('are protected like all other buttons from the pages of other sites', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    const post = { method: 'POST', headers, redirect: 'manual' } as const;
    const cart = new URLSearchParams({ product: 'chair-1', quantity: '1' });
    const before = stage.api.requests.length;
    expect((await fetch(`${stage.shop.url}/orders`, { ...post, body: cart })).status).toBe(403);
    expect((await fetch(`${stage.shop.url}/orders/${order}/pay`, post)).status).toBe(403);
    expect(stage.api.requests).toHaveLength(before);
  });
});
