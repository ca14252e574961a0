import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { renderToString } from 'preact-render-to-string';
import type { OrderRecord } from './order-book.ts';
import { inWords, stateOf } from './order-state.ts';
import { viewOrder } from './order-view.ts';
import { renderPage } from './pages/layout.tsx';
import { OrderLive, OrderPage } from './pages/order-page.tsx';
import type { Shop } from './shop.ts';

// Changes in the shop itself are sent at once; only paidonce's timeline has to be polled.
const ASK_AGAIN_MS = { waiting: 2_000, settled: 10_000 };

/** The whole page of an order. */
export async function renderOrderPage(shop: Shop, record: OrderRecord): Promise<string> {
  const view = await viewOrder(shop, record);
  const version = versionOf(renderToString(<OrderLive view={view} />));
  return renderPage(<OrderPage view={view} version={version} now={Date.now()} />);
}

/** Server-sent events with the live part of an order's page, one for each change, until the signal. */
export async function* streamOrder(shop: Shop, reference: string, gone: AbortSignal): AsyncGenerator<string> {
  let sent = '';
  while (!gone.aborted) {
    const record = shop.book.find(reference);
    if (record === undefined) return;
    // Listens before reading, so that no change during the read is missed.
    const changed = changeOrPause(shop, record, gone);
    const message = await renderMessage(shop, record);
    // Browsers ignore a comment, and it keeps proxies from closing the stream.
    yield message === sent ? ':\n\n' : message;
    sent = message;
    await changed;
  }
}

async function renderMessage(shop: Shop, record: OrderRecord): Promise<string> {
  const html = renderToString(<OrderLive view={await viewOrder(shop, record)} />);
  const label = inWords(stateOf(record)).label;
  return `data: ${JSON.stringify({ version: versionOf(html), label, html })}\n\n`;
}

async function changeOrPause(shop: Shop, record: OrderRecord, gone: AbortSignal): Promise<void> {
  const ms = inWords(stateOf(record)).tone === 'waiting' ? ASK_AGAIN_MS.waiting : ASK_AGAIN_MS.settled;
  const over = new AbortController();
  const signal = AbortSignal.any([gone, over.signal]);
  const pause = wait(ms, undefined, { signal, ref: false });
  await Promise.race([pause, changeOf(shop, record.reference, signal)]).catch(() => undefined);
  over.abort();
}

async function changeOf(shop: Shop, reference: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [changed] = await once(shop.book.changes, 'changed', { signal });
    if (changed === reference) return;
  }
}

function versionOf(html: string): string {
  return createHash('sha256').update(html).digest('base64url').slice(0, 16);
}
