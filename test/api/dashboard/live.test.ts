/** Contract §9: the streams that keep the pages up to date. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { API_KEY } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { Visitor, type Followed } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

const READ_KEY = 'abcdefghijklmnopqrstuvwx-read';

describe('the stream of a page', () => {
  const at = useTestApi({ API_KEYS: `${API_KEY},desk:read:${READ_KEY}`, ORDER_WEBHOOK_URL: undefined });
  const open: Followed[] = [];

  afterEach(() => {
    for (const { response } of open.splice(0)) response.destroy();
  });

  async function follow(page: string, key = API_KEY): Promise<Followed> {
    const visitor = await Visitor.signedIn(at.api, key);
    const followed = await visitor.follow(page);
    open.push(followed);
    return followed;
  }

  const all = ({ frames }: Followed) => frames.flatMap((frame) => Object.entries(frame));

  it('brings a payment to Now within two seconds, and only the parts that it has changed', async () => {
    const followed = await follow('/');
    await until('all parts were sent', () => new Set(all(followed).map(([id]) => id)).size >= 6);
    expect(new Set(all(followed).map(([id]) => id))).toEqual(
      new Set(['needs', 'newest', 'states', 'charts', 'state', 'away']),
    );
    const { length } = followed.frames;
    const begun = performance.now();
    const payment = await aPaidPayment(at.store.db);
    const has = ([id, html]: [string, string]) => id === 'newest' && html.includes(payment.orderReference);
    await until('the payment is there', () => all(followed).some(has));
    expect(performance.now() - begun).toBeLessThan(2_000);
    // The charts are renewed twice a minute.
    expect(followed.frames.slice(length).flatMap((frame) => Object.keys(frame))).not.toContain('charts');
  });

  it('sends nothing where only ages have changed', async () => {
    await aPayment(at.store.db);
    const followed = await follow('/payments');
    await until('the list was sent', () => all(followed).some(([id]) => id === 'whole'));
    await aPayment(at.store.db);
    await until('the new row was sent', () => all(followed).filter(([id]) => id === 'whole').length > 1);
    const { length } = followed.frames;
    // What waits is looked at every ten seconds: a frame says that the stream lives.
    await until('the next frame', () => followed.frames.length > length);
    expect(followed.frames.at(-1)).toEqual({});
  });

  it('shows each key what it may do', async () => {
    const payment = await aPaidPayment(at.store.db);
    const [ada, desk] = [await follow('/reviews'), await follow('/reviews', READ_KEY)];
    await until('both have it', () => all(ada).length > 0 && all(desk).length > 0);
    const page = `/orders/${payment.orderReference}`;
    const [mayMove, mayLook] = [await follow(page), await follow(page, READ_KEY)];
    await until('both have the order', () => all(mayMove).length > 0 && all(mayLook).length > 0);
    expect(JSON.stringify(mayLook.frames)).not.toContain('/refund');
  });

  it('is refused to somebody that is not signed in, and of a page that does not exist', async () => {
    const stranger = new Visitor(at.api);
    expect((await stranger.follow('/')).response.statusCode).toBe(401);
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    expect((await visitor.follow('/nowhere')).response.statusCode).toBe(404);
  });
});
