import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anOrder, startStage, text, type Stage } from './shop-client.ts';

const MINUTE_MS = 60_000;

describe('the next event of a pending order', () => {
  let stage: Stage;
  let order: string;
  const start = async (env: NodeJS.ProcessEnv) => {
    stage = await startStage(env);
    order = await anOrder(stage);
  };
  beforeEach(() => start({ PAIDONCE_SWEEP_MS: String(MINUTE_MS), PAIDONCE_ON_HOLD_POLL_MS: '3600000' }));
  afterEach(() => stage.close());

  /** The sentence of the page, and the time that it names. */
  async function waiting(): Promise<{ words: string; at: number }> {
    const [, inside = ''] =
      /<p[^>]*id="next-look">(.*?)<\/p>/s.exec(await text(stage.shop, `/orders/${order}`)) ?? [];
    const [, at = ''] = /datetime="([^"]+)"/.exec(inside) ?? [];
    return { words: inside.replace(/<[^>]+>/g, ''), at: Date.parse(at) };
  }

  it('is the next sweep, on the whole minute where one begins every minute', async () => {
    const before = Date.now();
    const { words, at } = await waiting();
    expect(at % MINUTE_MS).toBe(0);
    expect(at).toBeGreaterThan(before);
    expect(at).toBeLessThanOrEqual(Date.now() + MINUTE_MS);
    const [, seconds = ''] = /next sweep starts in (\d+) s\.$/.exec(words) ?? [];
    expect(Number(seconds)).toBeLessThanOrEqual(Math.ceil((at - before) / 1_000));
    expect(Number(seconds)).toBeGreaterThanOrEqual(Math.floor((at - Date.now()) / 1_000));
  });

  it('is the next poll of a hold, counted from the last look', async () => {
    const read = new Date(Date.now() - 10 * MINUTE_MS).toISOString();
    const timeline = [
      { at: new Date(Date.now() - 30 * MINUTE_MS).toISOString(), kind: 'read', text: 'dintero says ON_HOLD' },
      { at: read, kind: 'read', text: 'dintero says ON_HOLD' },
      { at: new Date().toISOString(), kind: 'update', text: 'the merchant acknowledged' },
    ];
    stage.api.payment = { status: 'ON_HOLD', checkoutUrl: null, timeline };
    const { words, at } = await waiting();
    expect(at).toBe(Date.parse(read) + 60 * MINUTE_MS);
    expect(words).toMatch(/reads the payment again in (50|51) min\.$/);
  });

  it('is any moment once the time has passed', async () => {
    const timeline = [{ at: '2026-11-21T12:00:00.000Z', kind: 'read', text: 'dintero says ON_HOLD' }];
    stage.api.payment = { status: 'ON_HOLD', timeline };
    expect((await waiting()).words).toMatch(/reads the payment again any moment now\.$/);
  });

  it('is a time that the shop does not know, without its intervals', async () => {
    await stage.close();
    await start({});
    expect((await waiting()).words).toMatch(/next sweep starts at a time that this shop does not know\.$/);
  });

  it('is nothing once the payment is settled', async () => {
    stage.api.payment = { status: 'AUTHORIZED' };
    expect((await waiting()).words).toBe('');
  });

  it("does not change the page's version every second", async () => {
    await stage.close();
    // The next sweep is far away, so that none begins between the two requests.
    await start({ PAIDONCE_SWEEP_MS: String(10 ** 13 - 1) });
    const [, version] = /data-version="([^"]+)"/.exec(await text(stage.shop, `/orders/${order}`)) ?? [];
    const events = await fetch(`${stage.shop.url}/orders/${order}/events`);
    const reader = (events.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader.read()).value;
    await reader.cancel();
    expect(first).toContain(`"version":"${version}"`);
    expect(first).toContain('next sweep starts <time');
    expect(first).toContain(' UTC</time>');
  });
});
