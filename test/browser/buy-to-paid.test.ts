import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startEverything, type Everything } from './start-everything.ts';

// The first start of a fresh machine may build a Temporal server.
const START_LIMIT_MS = 10 * 60_000;
const STEP_LIMIT_MS = 20_000;

// Without the last three Chromium calls home, which a closed network refuses many times over.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('from Buy to paid, in a browser', () => {
  let everything: Everything;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    everything = await startEverything(START_LIMIT_MS);
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: FLAGS,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(STEP_LIMIT_MS);
  }, START_LIMIT_MS + 60_000);

  afterAll(async () => {
    await browser?.close();
    await everything?.stop();
  }, 60_000);

  it(
    'pays an order at the checkout and shows the verified update that says so',
    async () => {
      const order = await buyAndPay('Authorize');
      const row = page.getByRole('row', { name: 'order.paid' });
      await row.getByText('✓ verified').waitFor();
      await row.getByText('once', { exact: true }).waitFor();
      await page.locator('.badge.big', { hasText: 'Paid' }).waitFor();
      expect(await stateInTheShop(order)).toBe('PAID');
      await expect(workflowPageStatus()).resolves.toBe(200);
    },
    5 * STEP_LIMIT_MS,
  );

  it(
    'lets a declined order be paid again',
    async () => {
      const order = await buyAndPay('Decline');
      await page.getByRole('button', { name: 'Pay again' }).click();
      await page.getByRole('button', { name: 'Authorize', exact: true }).click();
      await page.getByRole('row', { name: 'order.paid' }).getByText('✓ verified').waitFor();
      expect(await stateInTheShop(order)).toBe('PAID');
    },
    5 * STEP_LIMIT_MS,
  );

  async function buyAndPay(outcome: string): Promise<string> {
    await page.goto(everything.urls.shop);
    await page.getByRole('button', { name: 'Buy Oak chair' }).click();
    await page.getByRole('button', { name: outcome, exact: true }).click();
    await page.waitForURL(`${everything.urls.shop}/orders/**`);
    return new URL(page.url()).pathname.split('/').at(-1) ?? '';
  }

  async function stateInTheShop(order: string): Promise<unknown> {
    const answer = await fetch(`${everything.urls.shop}/__shop/updates?order=${order}`);
    return ((await answer.json()) as { state: unknown }).state;
  }

  async function workflowPageStatus(): Promise<number> {
    const link = page.getByRole('link', { name: /^payment\/demo-/ });
    return (await fetch((await link.getAttribute('href')) ?? '')).status;
  }
});
