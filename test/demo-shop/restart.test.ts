import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ShopConfigError } from '../../demo-shop/config.ts';
import { runShop } from '../../demo-shop/run-shop.ts';
import { anOrder, buy, report, startShop, startStage, tell, text, type Stage } from './shop-client.ts';

describe('the demo shop after a restart', () => {
  let folder: string;
  let stage: Stage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shop-'));
    stage = await startStage({ DATA_DIR: folder });
  });
  afterEach(async () => {
    await stage.close();
    await rm(folder, { recursive: true });
  });

  async function restart(): Promise<void> {
    await stage.shop.close();
    const shop = await startShop(stage.api, { DATA_DIR: folder });
    stage = {
      ...stage,
      shop,
      close: async () => void (await Promise.all([shop.close(), stage.api.close()])),
    };
  }

  it('still knows its orders, its updates and their counts', async () => {
    const order = await anOrder(stage);
    await tell(stage.shop, { order });
    await tell(stage.shop, { order });
    await restart();
    expect(await report(stage.shop, order)).toMatchObject({ state: 'PAID', data: [{ times: 2 }] });
    expect(await text(stage.shop, `/orders/${order}`)).toContain('1 × Oak chair');
  });

  it('recognizes a second click on a page that is older than the restart', async () => {
    await buy(stage.shop, { cart: 'old-page' });
    await restart();
    await buy(stage.shop, { cart: 'old-page' });
    const [first, second] = stage.api.requests.map((request) => request.order.reference);
    expect(second).toBe(first);
  });

  it('never uses an order number twice', async () => {
    const before = await anOrder(stage);
    await restart();
    expect(await anOrder(stage)).not.toBe(before);
  });

  it('drops half a line that a kill left, and continues after it', async () => {
    const order = await anOrder(stage);
    await appendFile(join(folder, 'shop.jsonl'), '{"kind":"update","upd');
    await restart();
    await tell(stage.shop, { order });
    await restart();
    expect((await report(stage.shop, order)).state).toBe('PAID');
  });
});

describe('the demo shop’s environment', () => {
  it('gets every wrong variable at once and no secret in the error', async () => {
    const starting = runShop({
      PAIDONCE_API_URL: 'nowhere',
      ORDER_WEBHOOK_SECRETS: 'whsec_short,',
      SHOP_PORT: 'x',
    });
    const error: unknown = await starting.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShopConfigError);
    for (const name of ['PAIDONCE_API_URL', 'PAIDONCE_API_KEY', 'ORDER_WEBHOOK_SECRETS', 'SHOP_PORT']) {
      expect(String(error)).toContain(name);
    }
    expect(String(error)).not.toContain('whsec_short');
  });
});
