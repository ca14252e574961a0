/** The OpenAPI document, and Swagger UI from our own origin without inline scripts. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import type { Context } from 'koa';
import { other, page, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { locationHeader } from '../http/fields.ts';

const require = createRequire(import.meta.url);

/** The links are relative, so they also work where PUBLIC_URL has a path. */
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
  /** The OpenAPI document as JSON. It is public, since it contains nothing about this deployment. */
  readonly document: string;
}

export const DOCS_CALLS = [
  defineCall({
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApiDocument',
    tag: 'Machines',
    access: 'public',
    summary: 'Get this document',
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
    summary: 'Redirect to the documentation',
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
    summary: 'Read this document as a web page',
    answers: { 200: page('A page') },
    files: [START_PATH, ...Object.keys(ASSETS)],
    async handle({ ctx }) {
      const { body, type } = fileAt(ctx);
      return reply(200, body, { type, headers: CACHED });
    },
  }),
];

/**
 * The page, or one of the files that it loads. The router accepts a path in upper or lower case, and with a
 * trailing slash.
 */
function fileAt({ path, method }: Context): { readonly body: unknown; readonly type: string } {
  const name = path.toLowerCase().replace(/\/$/, '');
  if (name === START_PATH) return { body: START, type: 'js' };
  const asset = ASSETS[name];
  if (asset === undefined) return { body: PAGE, type: 'html' };
  const type = asset.endsWith('.css') ? 'css' : 'js';
  return { body: method === 'HEAD' ? null : createReadStream(asset), type };
}
