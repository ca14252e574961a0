import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { Router, type RouterContext } from '@koa/router';
import getRawBody from 'raw-body';
import type { PlacedOrder } from '../order-book.ts';
import { renderOrderPage, streamOrder } from '../live-order.tsx';
import { safeHttpUrl } from '../pages/format.ts';
import { renderPage } from '../pages/layout.tsx';
import { OrdersPage } from '../pages/orders-page.tsx';
import { ProductPage } from '../pages/product-page.tsx';
import { MAX_QUANTITY, PRODUCTS, productNamed } from '../products.ts';
import { knownRecord, orderUrl, untilClosed, type Shop } from '../shop.ts';
import { ownForms } from './own-forms.ts';

const ORDERS_SHOWN = 100;

/** The routes of the payer's pages and of the two buttons that lead to the checkout. */
export function pageRoutes(shop: Shop): Router {
  const { temporalUiUrl, book } = shop;
  return (
    new Router()
      .get('/', async (ctx) => {
        const cart = randomBytes(12).toString('base64url');
        const ways = await shop.ways();
        ctx.body = renderPage(
          <ProductPage products={PRODUCTS} cart={cart} temporalUiUrl={temporalUiUrl} ways={ways} />,
        );
      })
      .get('/orders', (ctx) => {
        const all = book.list();
        const records = all.slice(0, ORDERS_SHOWN);
        ctx.body = renderPage(
          <OrdersPage records={records} total={all.length} temporalUiUrl={temporalUiUrl} />,
        );
      })
      .post('/orders', ownForms(shop), async (ctx) => {
        const form = await readForm(ctx);
        await goToCheckout(shop, ctx, placeOrder(shop, ctx, form), await chosenIn(shop, ctx, form));
      })
      .post('/orders/:reference/pay', ownForms(shop), async (ctx) => {
        const form = await readForm(ctx);
        await goToCheckout(shop, ctx, placedOrder(shop, ctx), await chosenIn(shop, ctx, form));
      })
      .get('/orders/:reference', async (ctx) => {
        ctx.body = await renderOrderPage(shop, knownRecord(shop, ctx));
      })
      // Keeps an open page up to date.
      .get('/orders/:reference/events', (ctx) => {
        const { reference } = knownRecord(shop, ctx);
        ctx.type = 'text/event-stream';
        ctx.set('cache-control', 'no-store');
        ctx.body = Readable.from(streamOrder(shop, reference, untilClosed(shop, ctx.res)));
      })
  );
}

function placedOrder(shop: Shop, ctx: RouterContext): PlacedOrder {
  const { placed } = knownRecord(shop, ctx);
  if (placed === undefined)
    ctx.throw(409, 'This order was created outside the shop, so it can’t be paid here.');
  return placed;
}

async function readForm(ctx: RouterContext): Promise<URLSearchParams> {
  return new URLSearchParams(await getRawBody(ctx.req, { limit: '16kb', encoding: 'utf8' }));
}

/** The gateway that the payer chose; undefined where the page did not ask. */
async function chosenIn(shop: Shop, ctx: RouterContext, form: URLSearchParams): Promise<string | undefined> {
  const chosen = form.get('gateway');
  if (chosen === null) return undefined;
  const ways = await shop.ways();
  if (!ways.some(({ id }) => id === chosen)) ctx.throw(400, 'The shop does not offer this way to pay.');
  return chosen;
}

function placeOrder(shop: Shop, ctx: RouterContext, form: URLSearchParams): PlacedOrder {
  const product = productNamed(form.get('product') ?? '');
  if (product === undefined)
    ctx.throw(400, 'The shop does not sell this product. Choose one of its products.');
  const quantity = Number(form.get('quantity') ?? 1);
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY) {
    ctx.throw(400, `The quantity must be a whole number from 1 to ${MAX_QUANTITY}.`);
  }
  const cart = form.get('cart')?.slice(0, 64) || randomBytes(12).toString('base64url');
  return shop.book.place(`${cart}/${product.id}/${quantity}`, product, quantity);
}

/** A repeated request for the same order gets the same session, so a double click is one payment. */
async function goToCheckout(
  shop: Shop,
  ctx: RouterContext,
  order: PlacedOrder,
  gateway?: string,
): Promise<void> {
  const here = orderUrl(shop, order.reference);
  ctx.state['reference'] = order.reference;
  const payment = await shop.api.openPayment(order, here, gateway);
  shop.book.notePayment(order.reference, payment.id);
  ctx.status = 303;
  // While the payment is on hold there is no checkout; the order's page says so.
  ctx.redirect(safeHttpUrl(payment.checkoutUrl) ?? here);
}
