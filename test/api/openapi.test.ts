import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type Koa from 'koa';
import supertest from 'supertest';
import { createAdminApp, createApp } from '../../src/api/app.ts';
import { openApiDocument } from '../../src/api/openapi.ts';
import { orderUpdate } from '../../src/api/openapi/updates.ts';
import { PROBLEMS } from '../../src/api/problem.ts';
import { readConfig } from '../../src/config/config.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import type { Service } from '../../src/service.ts';
import { updateBody } from '../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../src/store/payments.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const COPY = join(import.meta.dirname, '..', '..', 'openapi.json');

const ENVIRONMENT = {
  PUBLIC_URL: 'http://127.0.0.1:3000',
  API_KEYS: 'a-key-of-more-than-24-characters',
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'client',
  DINTERO_CLIENT_SECRET: 'client-secret',
  DINTERO_SIGNATURE_SECRETS: 'signature-secret',
  DINTERO_API_URL: 'http://127.0.0.1:3001',
  DINTERO_CHECKOUT_URL: 'http://127.0.0.1:3001',
};

/** Files of the docs page itself are not calls. */
const ASSETS = /^\/docs\//;

/** Callbacks are taken by one route for all methods, and refuse with 405 what is not theirs. */
const REFUSED = /^(PATCH \/callbacks\/\{gateway\}(\/account)?|GET \/callbacks\/\{gateway\}\/account)$/;

describe('the OpenAPI document', () => {
  it('has exactly the routes that are served', () => {
    expect(documentedRoutes()).toEqual(servedRoutes());
  });

  it('is the same as openapi.json', () => {
    const generated: unknown = JSON.parse(JSON.stringify(openApiDocument()));
    if (process.env['UPDATE'] === '1') writeFileSync(COPY, `${JSON.stringify(generated, null, 2)}\n`);
    const hint = 'run this test with UPDATE=1, npx oxfmt openapi.json, and commit it';
    const copy: unknown = JSON.parse(readFileSync(COPY, 'utf8'));
    expect({ hint, document: copy }).toEqual({ hint, document: generated });
  });

  it('publishes every problem code', () => {
    const shown = openApiDocument().components?.schemas?.['Problem'];
    expect(shown).toHaveProperty('properties.code.enum', Object.keys(PROBLEMS));
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(openApiDocument());
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(10);
    expect(Object.keys(openApiDocument().components?.schemas ?? {})).toEqual(
      expect.arrayContaining([...new Set(names)]),
    );
  });

  it('asks for an API key under /v1 and nowhere else', () => {
    const keyed = Object.entries(openApiDocument().paths ?? {}).map(([path, item]) => [
      path.startsWith('/v1/'),
      Object.values(item as Record<string, { security?: unknown }>).every((call) => 'security' in call),
    ]);
    for (const [isMerchant, isKeyed] of keyed) expect(isKeyed).toBe(isMerchant);
  });
});

describe('the docs page', () => {
  it('is where the root leads to, with no key, and not on ADMIN_PORT', async () => {
    const service = aService();
    const root = await supertest(createApp(service).app.callback()).get('/').expect(303);
    expect(root.headers['location']).toBe('/docs');
    await supertest(createAdminApp(service).callback()).get('/').expect(404);
  });

  it('loads everything from our own origin, without inline script', async () => {
    const request = supertest(createApp(aService()).app.callback());
    const page = await request.get('/docs').expect(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=")|<style|\son\w+=/);
    const files = [...page.text.matchAll(/(?:src|href)="([\w./-]+)"/g)].map((match) => `/${match[1]}`);
    const answers = await Promise.all(files.map((file) => request.get(file)));
    expect(answers.map(({ status, type }) => `${status} ${type}`)).toEqual([
      '200 text/css',
      '200 text/javascript',
      '200 text/javascript',
      '200 application/json',
    ]);
  });
});

describe('an order update', () => {
  it('has the published shape and no field besides', () => {
    const body: unknown = JSON.parse(
      updateBody(
        { type: 'order.paid', orderStatus: 'PAID' },
        { order: anOrder(), payment: aPayment(), sequence: 2, livemode: false },
      ),
    );
    expect(orderUpdate.strict().extend({ data: orderUpdate.shape.data.strict() }).parse(body)).toEqual(body);
  });
});

function documentedRoutes(): string[] {
  const routes = Object.entries(openApiDocument().paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return routes.toSorted();
}

function servedRoutes(): string[] {
  const { app } = createApp(aService());
  const layers = routersOf(app).flatMap((router) => router.stack);
  const routes = layers.flatMap(({ path, methods }) =>
    methods
      .filter((method) => /^(GET|POST|PATCH)$/.test(method))
      .map((method) => `${method} ${braces(path)}`),
  );
  return routes.filter((route) => !ASSETS.test(route.split(' ')[1] ?? '') && !REFUSED.test(route)).toSorted();
}

function routersOf(app: Koa): { stack: { path: string; methods: string[] }[] }[] {
  return app.middleware.flatMap((layer) => ('router' in layer ? [layer.router as never] : []));
}

function braces(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function aService(): Service {
  const config = readConfig({ ...ENVIRONMENT, ADMIN_PORT: '3000' });
  const metrics = createMetrics();
  const unused = {
    config,
    metrics,
    gateways: createGateways(config, metrics),
    store: { db: {} },
    runs: {},
    log: createLog('silent', 'test'),
  };
  return unused as unknown as Service;
}

function anOrder(): OrderRow {
  return {
    reference: '1001',
    amount: 72_200,
    currency: 'NOK',
    status: 'PAID',
    paidPaymentId: 'pay_1',
    paidAt: new Date('2026-11-21T12:00:00Z'),
    latestN: 1,
    sequence: 2,
    createdAt: new Date(),
    updatedAt: new Date(),
  };
}

function aPayment(): PaymentRow {
  const facts = { id: 'pay_1', status: 'AUTHORIZED', gateway: 'dintero', amount: 72_200, currency: 'NOK' };
  const sums = { authorized: 72_200, captured: 0, refunded: 0, paymentMethod: 'card', reason: 'accepted' };
  const accepted = { acceptedAmount: 72_200, acceptedCurrency: 'NOK', acceptedReference: '1001' };
  return {
    ...facts,
    ...sums,
    ...accepted,
    sessionId: 'T1.s',
    transactionId: 'T1.t',
  } as unknown as PaymentRow;
}
