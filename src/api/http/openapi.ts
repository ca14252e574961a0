/** The OpenAPI 3.1 document, made from the schemas that validate. `openapi.json` in the root is a copy that a test compares. */
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { registerAccountWebhooks } from '../callbacks/account-webhooks.ts';
import { registerMerchantApi } from '../payments/merchant.ts';
import { registerProblems } from './problem-examples.ts';
import { registerPublicApi } from '../health/public.ts';
import { registerOrderUpdates } from '../updates/order-updates.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

/** Builds the document. Its server is what serves it; `prefix` is the path of PUBLIC_URL. */
export function openApiDocument(prefix = ''): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registerMerchantApi(registry);
  registerPublicApi(registry);
  registerAccountWebhooks(registry);
  registerOrderUpdates(registry);
  registerProblems(registry);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'paidonce',
      version: '0.1.0',
      description:
        'Every order paid exactly once. Amounts are integers in minor units; times are RFC 3339 UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: prefix || '/' }],
  });
}
