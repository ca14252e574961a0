import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

export interface PageProps {
  readonly title: string;
  readonly temporalUiUrl: string | undefined;
  /** Reloads every few seconds if scripts do not run. */
  readonly refresh?: boolean;
  /** Loads the script that keeps the page up to date by an event stream. */
  readonly live?: boolean;
  readonly children: ComponentChildren;
}

/** The frame of every page. */
export function Page({ title, temporalUiUrl, refresh, live, children }: PageProps): VNode {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Demo shop`}</title>
        <link rel="stylesheet" href="/assets/shop.css" />
        <link rel="icon" href="data:," />
        {refresh && (
          <noscript>
            <meta http-equiv="refresh" content="3" />
          </noscript>
        )}
        {live && <script src="/assets/live.js" defer />}
      </head>
      <body>
        <header class="bar">
          <a class="brand" href="/">
            Demo shop
          </a>
          <nav aria-label="Shop">
            <a href="/">Products</a>
            <a href="/orders">Orders</a>
            {temporalUiUrl !== undefined && <a href={temporalUiUrl}>Temporal Web UI</a>}
          </nav>
        </header>
        <main>{children}</main>
        <footer>The goods are not real. Every payment here goes through paidonce’s public API.</footer>
      </body>
    </html>
  );
}

/** The page as HTML text. */
export function renderPage(page: VNode): string {
  return `<!doctype html>${renderToString(page)}`;
}
