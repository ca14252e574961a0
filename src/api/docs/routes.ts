/** `/openapi.json`, `/docs` and the way there from `/`: the document, and Swagger UI from our own origin without a line of inline script. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { Router } from '@koa/router';
import type { Context } from 'koa';
import { openApiDocument } from '../http/openapi.ts';

const require = createRequire(import.meta.url);

const ASSETS = {
  '/docs/swagger-ui.css': 'css',
  '/docs/swagger-ui-bundle.js': 'js',
} as const;

/** Its addresses are relative: where PUBLIC_URL has a path, browsers see them under it. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>paidonce API</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <script src="docs/swagger-ui-bundle.js" defer></script>
  <script src="docs/start.js" defer></script>
</head>
<body>
  <main id="api"><noscript>Without JavaScript: <a href="openapi.json">openapi.json</a></noscript></main>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

/** Public on purpose: the document says nothing about this deployment. */
export function docsRoutes(prefix: string): Router {
  const document = JSON.stringify(openApiDocument(prefix));
  const router = new Router()
    .get('/', (ctx) => lead(ctx, `${prefix}/docs`))
    .get('/openapi.json', (ctx) => send(ctx, 'json', document))
    .get('/docs', (ctx) => send(ctx, 'html', PAGE))
    .get('/docs/start.js', (ctx) => send(ctx, 'js', START));
  for (const [path, type] of Object.entries(ASSETS)) {
    const file = require.resolve(`swagger-ui-dist${path.slice('/docs'.length)}`);
    router.get(path, (ctx) => send(ctx, type, ctx.method === 'HEAD' ? null : createReadStream(file)));
  }
  return router;
}

/** A person who opens the bare address looks for the documentation. */
function lead(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}

function send(ctx: Context, type: string, body: Context['body']): void {
  ctx.status = 200;
  ctx.body = body;
  ctx.type = type;
  ctx.set('Cache-Control', 'public, max-age=3600');
}
