import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../../kit/chromium.js';
import { READY_WITHIN_MS, startEverything, type Everything } from '../../kit/everything.js';

const STEP_LIMIT_MS = 20_000;

describe('from Buy to paid, in a browser', () => {
  let everything: Everything;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    everything = await startEverything();
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: CHROMIUM_FLAGS,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(STEP_LIMIT_MS);
  }, READY_WITHIN_MS + 60_000);

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
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('button', { name: 'Authorize', exact: true }).click();
      await page.getByRole('row', { name: 'order.paid' }).getByText('✓ verified').waitFor();
      expect(await stateInTheShop(order)).toBe('PAID');
    },
    5 * STEP_LIMIT_MS,
  );

  it(
    'leads from a declined card through another card to a capture and a refund, on a narrow screen',
    async () => {
      const narrow = await browser.newPage({ viewport: { width: 360, height: 740 } });
      narrow.setDefaultTimeout(STEP_LIMIT_MS);
      await buyOn(narrow);
      await narrow.goto(everything.urls.shop);
      await expectToFit(narrow);
      await narrow.goto(`${everything.urls.shop}/orders`);
      await narrow
        .getByRole('link', { name: /^demo-/ })
        .first()
        .click();
      await narrow.locator('time.countdown', { hasText: /^in \d+ (s|min)$/ }).waitFor();
      await press(narrow, 'Continue to payment');
      await payByCard(narrow, '4000 3000 0000 0006');
      await narrow.getByText('The card was declined').waitFor();
      await expectToFit(narrow);
      await press(narrow, 'Go back to the shop');
      await press(narrow, 'Try again');
      await payByCard(narrow, '4000 3000 0000 0006');
      await narrow.getByText('The card was declined').waitFor();
      await payByCard(narrow, '4000 0000 0000 0002');
      await narrow.getByRole('button', { name: 'Capture 722.00 NOK' }).dblclick();
      await narrow.getByRole('row', { name: 'order.captured' }).waitFor();
      await press(narrow, 'Refund 722.00 NOK');
      await narrow.locator('.badge.big', { hasText: 'Refunded' }).waitFor();
      expect(await narrow.locator('.operations li').allTextContents()).toEqual([
        expect.stringContaining('refund 722.00 NOK done'),
        expect.stringContaining('capture 722.00 NOK done'),
      ]);
      await expectToFit(narrow);
      await narrow.close();
    },
    10 * STEP_LIMIT_MS,
  );

  it(
    'needs no script: an order is bought and voided without any',
    async () => {
      const plain = await browser.newPage({ javaScriptEnabled: false });
      plain.setDefaultTimeout(STEP_LIMIT_MS);
      await buyOn(plain);
      await press(plain, 'Authorize');
      await press(plain, 'Void 722.00 NOK');
      await plain.locator('.badge.big', { hasText: 'Voided' }).waitFor();
      await plain.close();
    },
    5 * STEP_LIMIT_MS,
  );

  const press = (on: Page, name: string) => on.getByRole('button', { name, exact: true }).click();

  async function buyOn(on: Page): Promise<void> {
    await on.goto(everything.urls.shop);
    await press(on, 'Buy Oak chair');
    await on.waitForURL(`${everything.urls.sandbox}/v1/view/**`);
  }

  /** Nothing but tables in their frames needs to be scrolled sideways. */
  async function expectToFit(on: Page): Promise<void> {
    expect(await on.evaluate('document.documentElement.scrollWidth')).toBe(on.viewportSize()?.width);
  }

  async function payByCard(on: Page, card: string): Promise<void> {
    await on.getByLabel('Card number').fill(card);
    await press(on, 'Pay by card');
  }

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
