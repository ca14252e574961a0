/** The pages for a returning payer, if the shop has no page of its own. */
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
  pending: ['One moment', 'Your payment is being checked. This page updates itself.'],
  failed: ['Not paid', 'Your payment did not go through. If any money was taken, you will get it back.'],
  cancelled: ['Cancelled', 'You cancelled the payment. You have not been charged.'],
} as const;

/** The page that shows the status of a payment. */
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

/** The page for a link that belongs to no payment. */
export function unknownPage(): string {
  return page(
    'Not found',
    <>
      <h1>This page does not exist</h1>
      <p>If you have just paid, go back to the shop: the shop knows about your payment.</p>
    </>,
  );
}

/** The page for our own failures. It says nothing about the result of the payment, which is not known now. */
export function checkingPage(): string {
  return page(
    'One moment',
    <>
      <h1>One moment</h1>
      <p aria-live="polite">
        Your payment is being checked. If you have paid, you do not have to pay again. This page tries again
        by itself; you can also go back to the shop, which will be notified.
      </p>
    </>,
  );
}
