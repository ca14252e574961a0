#!/usr/bin/env node
/**
 * `npm run pictures`: takes the pictures of the README from all that `npm start` starts, while an order is
 * bought in Chromium, which CHROMIUM may name. Those of the dashboard have the test bench's sample orders.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHROMIUM_FLAGS } from '../kit/chromium.js';
import { startEverything } from '../kit/everything.js';
import { prepare, root } from './prepare.js';
import { programAt } from './testing/programs.js';

const FOLDER = join(root, 'docs', 'pictures');
const VIEW = { width: 1000, height: 640 };
/** The bench makes them within two minutes. */
const SAMPLES_WITHIN_MS = 150_000;

await prepare();
const executablePath = programAt('chromium');
const { chromium } = await import('playwright-core');
const everything = await startEverything();
const browser = await chromium.launch({
  executablePath,
  args: CHROMIUM_FLAGS,
});
try {
  await mkdir(FOLDER, { recursive: true });
  await takeAll(await browser.newPage({ viewport: VIEW }), everything.urls);
  await takeDashboard(await browser.newPage({ viewport: VIEW }), everything);
} finally {
  await browser.close();
  await everything.stop();
}

async function takeAll(page, urls) {
  await page.goto(urls.shop);
  await page.getByRole('button', { name: 'Buy Oak chair', exact: true }).click();
  await page.waitForURL(`${urls.sandbox}/v1/view/**`);
  await take(page, 'hosted-page');
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  await page.getByRole('row', { name: 'order.paid' }).getByText('✓ verified').waitFor();
  await page.getByRole('button', { name: 'Capture 722.00 NOK', exact: true }).waitFor();
  await take(page, 'order-in-the-shop');
  const run = await page.getByRole('link', { name: /^payment\/demo-/ }).getAttribute('href');
  await page.goto(run ?? '');
  await page.getByText('Completed').first().waitFor();
  await page.setViewportSize({ width: 1280, height: 930 });
  await page.waitForLoadState('networkidle');
  await take(page, 'run-in-temporal');
}

/** The state map and the swim lanes, once the sample orders are there. */
async function takeDashboard(page, { urls, apiKey }) {
  await page.goto(urls.dashboard);
  await page.getByLabel('API key').fill(apiKey);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Test bench' }).click();
  await page.getByLabel('Sample orders in every state').selectOption('50');
  await page.getByRole('button', { name: 'Make them' }).click();
  await page.getByText('50 of 50 sample orders are made.').waitFor({ timeout: SAMPLES_WITHIN_MS });
  await page.getByRole('link', { name: 'Now', exact: true }).click();
  await take(page.locator('#state-map'), 'state-map');
  const headers = { authorization: `Bearer ${apiKey}` };
  const { data } = await (await page.request.get(`${urls.api}/v1/test/orders`, { headers })).json();
  const { reference } = data.find(({ sample }) => sample === 'late-money');
  await page.goto(`${urls.dashboard}/orders/${reference}`);
  await take(page.locator('figure.lanes'), 'swim-lanes');
}

async function take(place, name) {
  const path = join(FOLDER, `${name}.png`);
  await place.screenshot({ path });
  process.stdout.write(`${path}\n`);
}
