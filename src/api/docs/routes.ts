/** The document, and Swagger UI from our own origin without a line of inline script. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import type { Context } from 'koa';
import { other, page, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { locationHeader } from '../http/fields.ts';

const require = createRequire(import.meta.url);

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

const START_PATH = '/docs/start.js';
const ASSETS: Readonly<Record<string, string>> = {
  '/docs/swagger-ui.css': require.resolve('swagger-ui-dist/swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
};

const CACHED = { 'Cache-Control': 'public, max-age=3600' };

export interface DocsTools {
  /** The path of PUBLIC_URL. */
  readonly prefix: string;
  /** The OpenAPI document as JSON. It is public: it says nothing about this deployment. */
  readonly document: string;
}

export const DOCS_CALLS = [
  defineCall({
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApiDocument',
    tag: 'Machines',
    access: 'public',
    summary: 'This document',
    answers: {
      200: other('OpenAPI 3.1', {
        content: { 'application/json': { schema: { type: 'object' }, example: { openapi: '3.1.0' } } },
      }),
    },
    async handle(_request, { document }: Pick<DocsTools, 'document'>) {
      return reply(200, document, { type: 'json', headers: CACHED });
    },
  }),
  defineCall({
    method: 'get',
    path: '/',
    operationId: 'getRoot',
    tag: 'Machines',
    access: 'public',
    summary: 'Leads to the documentation',
    answers: { 303: other('To `/docs`', { headers: locationHeader('/docs') }) },
    async handle(_request, { prefix }: Pick<DocsTools, 'prefix'>) {
      const to = `${prefix}/docs`;
      return reply(303, `Redirecting to ${to}`, { type: 'text', headers: { Location: to } });
    },
  }),
  defineCall({
    method: 'get',
    path: '/docs',
    operationId: 'getDocs',
    tag: 'Machines',
    access: 'public',
    summary: 'This document, for people',
    answers: { 200: page('A page') },
    files: [START_PATH, ...Object.keys(ASSETS)],
    async handle({ ctx }) {
      const { body, type } = fileAt(ctx);
      return reply(200, body, { type, headers: CACHED });
    },
  }),
];

/** The page, or one of the files that it loads. The router takes a path in any case, and with a slash at its end. */
function fileAt({ path, method }: Context): { readonly body: unknown; readonly type: string } {
  const name = path.toLowerCase().replace(/\/$/, '');
  if (name === START_PATH) return { body: START, type: 'js' };
  const asset = ASSETS[name];
  if (asset === undefined) return { body: PAGE, type: 'html' };
  const type = asset.endsWith('.css') ? 'css' : 'js';
  return { body: method === 'HEAD' ? null : createReadStream(asset), type };
}
