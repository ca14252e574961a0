import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

const STYLE = `
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
  main { max-width: 34rem; margin: 12vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 1.6rem }
`;

/** A whole page around some content; everything in it is escaped. */
export function page(title: string, content: VNode): string {
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
