import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type Koa from 'koa';
import supertest from 'supertest';
import { createAdminApp, createApp } from '../../src/api/http/app.ts';
import { openApiDocument } from '../../src/api/calls.ts';
import { orderUpdate } from '../../src/api/updates/order-updates.ts';
import { PROBLEMS } from '../../src/api/http/problem.ts';
import { readConfig } from '../../src/config/config.ts';
import { createGateways } from '../../src/gateways/registry.ts';
import type { Service } from '../../src/service.ts';
import { updateBody } from '../../src/store/update-body.ts';
import type { OrderRow, PaymentRow } from '../../src/store/payments.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const COPY = join(import.meta.dirname, '..', '..', 'openapi.json');

const API_KEY = 'a-key-of-more-than-24-characters';

const ENVIRONMENT = {
  PUBLIC_URL: 'http://127.0.0.1:3000',
  API_KEYS: API_KEY,
  DINTERO_ACCOUNT_ID: 'T12345678',
  DINTERO_CLIENT_ID: 'client',
  DINTERO_CLIENT_SECRET: 'client-secret',
  DINTERO_SIGNATURE_SECRETS: 'signature-secret',
  DINTERO_API_URL: 'http://127.0.0.1:3001',
  DINTERO_CHECKOUT_URL: 'http://127.0.0.1:3001',
};

/** Files of the docs page itself are not calls. */
const ASSETS = /^\/docs\//;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** A stream does not end by itself. */
function isStream(calls: unknown): boolean {
  return JSON.stringify(calls).includes('text/event-stream');
}

function endAtOnce(response: unknown, done: (error: null, body: object) => void): void {
  (response as Readable).destroy();
  done(null, {});
}

describe('the OpenAPI document', () => {
  it('has exactly the routed addresses', () => {
    const routed = routedPaths().filter((path) => !ASSETS.test(path) && !path.startsWith('/dashboard'));
    expect([...new Set(routed)].toSorted()).toEqual(Object.keys(documentedPaths()).toSorted());
  });

  it('has exactly the served methods: every other is 405', async () => {
    const request = supertest(createApp(aService()).app.callback());
    for (const [path, calls] of Object.entries(documentedPaths()))
      for (const method of METHODS) {
        const target = path.replace('{gateway}', 'dintero').replaceAll(/\{\w+\}/g, 'x');
        const asked = request[method](target).set('Authorization', `Bearer ${API_KEY}`);
        const { status, body } = await (isStream(calls) ? asked.buffer(true).parse(endAtOnce) : asked);
        const isServed = status !== 405 && !String((body as Body).detail).startsWith('there is nothing at');
        expect([method, path, isServed]).toEqual([method, path, method in calls]);
      }
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

  it('has no broken references', () => {
    const text = JSON.stringify(openApiDocument());
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(10);
    expect(Object.keys(openApiDocument().components?.schemas ?? {})).toEqual(
      expect.arrayContaining([...new Set(names)]),
    );
  });

  it('requires an API key under /v1, and nowhere else', () => {
    for (const [path, calls] of Object.entries(documentedPaths()))
      for (const { security } of Object.values(calls))
        expect([path, security]).toEqual([path, path.startsWith('/v1/') ? [{ apiKey: [] }] : []]);
  });

  it('gives each call a unique name of a verb and a noun', () => {
    const webhooks = openApiDocument().webhooks as ReturnType<typeof documentedPaths>;
    const ids = [...Object.values(documentedPaths()), ...Object.values(webhooks)].flatMap((calls) =>
      Object.values(calls).map(({ operationId }) => operationId),
    );
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the docs page', () => {
  it('is where the root redirects to, without a key, and not on ADMIN_PORT', async () => {
    const service = aService();
    const root = await supertest(createApp(service).app.callback()).get('/').expect(303);
    expect(root.headers['location']).toBe('/docs');
    await supertest(createAdminApp(service).app.callback()).get('/').expect(404);
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
  it('has the published shape and no other field', () => {
    const body: unknown = JSON.parse(
      updateBody(
        { type: 'order.paid', orderStatus: 'PAID' },
        { order: anOrder(), payment: aPayment(), sequence: 2, livemode: false },
      ),
    );
    expect(orderUpdate.strict().extend({ data: orderUpdate.shape.data.strict() }).parse(body)).toEqual(body);
  });
});

interface Body {
  readonly detail?: string;
}

interface Documented {
  readonly operationId: string;
  readonly security: unknown;
}

function documentedPaths(): Record<string, Record<string, Documented>> {
  return openApiDocument().paths as never;
}

function routedPaths(): string[] {
  const { app } = createApp(aService());
  const layers = routersOf(app).flatMap((router) => router.stack);
  return layers.map(({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
}

function routersOf(app: Koa): { stack: { path: string }[] }[] {
  return app.middleware.flatMap((layer) => ('router' in layer ? [layer.router as never] : []));
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
    disputes: [{ disputeId: 'd', state: 'open', amountMinor: 1, dueBy: '2026-12-01T00:00:00Z' }],
  } as unknown as PaymentRow;
}
