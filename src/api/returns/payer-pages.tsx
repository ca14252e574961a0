/** The pages that a payer comes back to, where the shop has none of its own. */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { ReturnStatus } from './follow-return.ts';

const STYLE = `
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
  main { max-width: 34rem; margin: 12vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 1.6rem }
`;

/** A whole page around some content; everything in it is escaped. */
function page(title: string, content: VNode): string {
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>{content}</main>
      </body>
    </html>
  );
  return `<!doctype html>${renderToString(html)}`;
}

const WORDS = {
  paid: ['Thank you', 'Your payment has been received.'],
  pending: ['One moment', 'Your payment is being checked. This page keeps itself up to date.'],
  failed: [
    'Not paid',
    'Your payment did not go through. What was taken for it, if anything, goes back to you.',
  ],
  cancelled: ['Cancelled', 'You cancelled the payment. You have not been charged.'],
} as const;

/** How the payment of an order stands. */
export function statusPage(orderReference: string, status: ReturnStatus): string {
  const [title, text] = WORDS[status];
  return page(
    title,
    <>
      <h1>{title}</h1>
      <p aria-live="polite">{text}</p>
      <p>
        Order <strong>{orderReference}</strong>
      </p>
    </>,
  );
}

/** The link is of no payment. */
export function unknownPage(): string {
  return page(
    'Not found',
    <>
      <h1>There is nothing here</h1>
      <p>If you have just paid, go back to the shop: it knows.</p>
    </>,
  );
}

/** For trouble of ours. It says nothing about the payment, since nothing is known now: neither that it went well nor that it did not. */
export function checkingPage(): string {
  return page(
    'One moment',
    <>
      <h1>One moment</h1>
      <p aria-live="polite">
        Your payment is being checked. If you have paid, you do not have to pay again. This page tries again
        by itself; you can also go back to the shop, which will hear of it.
      </p>
    </>,
  );
}
