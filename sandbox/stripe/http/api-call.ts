import type { RouterContext, RouterMiddleware } from '@koa/router';
import type { Context } from 'koa';
import qs from 'qs';
import { z } from 'zod';
import { underFault } from '../../http/under-fault.ts';
import { readText } from '../../http/request-body.ts';
import type { Subject } from '../../faults/faults.ts';
import type { Fault, Operation } from '../stripe-faults.ts';
import { requestId } from '../records/stripe-ids.ts';
import { markState, type StripeSandbox } from '../stripe-sandbox.ts';
import { expanded } from './expand.ts';
import { hiddenObject } from './hidden-objects.ts';
import { type Answer, type Claim, claimKey } from './idempotency.ts';
import { type Form, parameters, wordOf } from './parameters.ts';
import { noteRequest } from './request-journal.ts';
import { faultError, StripeError } from './stripe-error.ts';

export interface ApiCall {
  readonly form: Form;
  /** A parameter of the path; empty if there is none. */
  path(name: string): string;
  /** The fault that was requested for this call. */
  readonly fault: Fault | undefined;
  readonly ctx: RouterContext;
}

/** Returns the answer. A thrown error is answered as one. */
type Handler = (call: ApiCall) => object;

const expandSchema = z.looseObject({ expand: z.array(z.string(), { error: 'Invalid array' }).optional() });

/** A route of Stripe's API. It is counted, and subject to the faults of `/__sim/faults`. */
export function apiCall(sandbox: StripeSandbox, name: Operation, handler: Handler): RouterMiddleware {
  return async (ctx) => {
    sandbox.requests.set(name, (sandbox.requests.get(name) ?? 0) + 1);
    ctx.set('Request-Id', requestId());
    ctx.set('Stripe-Version', ctx.get('stripe-version') || sandbox.settings.apiVersion);
    const body = await readText(ctx.req);
    note(sandbox, ctx, body);
    const before = sandbox.ids.state.count;
    const form = formOf(ctx, body);
    const fault = sandbox.faults.take(name, subjectOf(sandbox, ctx, form));
    const handle = (): void => perform(sandbox, ctx, { body, form, fault, handler });
    if (fault === undefined || fault.stored === true) handle();
    else await withFault(sandbox, ctx, { body, fault, handle });
    if (sandbox.ids.state.count !== before) markState(sandbox);
  };
}

/** Also called for requests that no route takes. */
export function note({ settings }: StripeSandbox, ctx: Context, form: string): void {
  const { method, path, querystring: query, headers } = ctx;
  noteRequest(settings.requestsDir, { method, path, query, form, headers });
}

interface Request {
  readonly body: string;
  readonly form: Form;
  readonly fault: Fault | undefined;
  readonly handler: Handler;
}

async function withFault(
  sandbox: StripeSandbox,
  ctx: RouterContext,
  { body, fault, handle }: { body: string; fault: Fault; handle: () => void },
): Promise<void> {
  // While an effect is delayed, its key is in use.
  let held = fault.effectAfterMs === undefined ? undefined : claimOf(sandbox, ctx, body);
  await underFault(ctx, fault, {
    handle: () => {
      held?.release();
      held = undefined;
      handle();
    },
    errorBody: (status) => faultError(status).body,
    flush: () => sandbox.journal.flush(),
  });
  held?.release();
}

function perform(sandbox: StripeSandbox, ctx: RouterContext, { body, form, fault, handler }: Request): void {
  checkKey(sandbox, ctx);
  const claim = claimOf(sandbox, ctx, body);
  if (claim.replayed !== undefined) {
    ctx.set('Idempotent-Replayed', 'true');
    ctx.set('Original-Request', claim.replayed.requestId);
    return answer(ctx, claim.replayed);
  }
  const call = { form, path: (name: string) => ctx.params[name] ?? '', fault, ctx };
  try {
    const done = { status: 200, body: carryOut(sandbox, call, handler) };
    claim.keep(done);
    answer(ctx, done);
  } catch (error) {
    if (error instanceof StripeError && !error.early) claim.keep({ status: error.status, body: error.body });
    else claim.release();
    throw error;
  }
}

function carryOut(sandbox: StripeSandbox, call: ApiCall, handler: Handler): object {
  const { ctx, form, fault } = call;
  const cause = {
    requestId: ctx.response.get('Request-Id'),
    idempotencyKey: ctx.get('idempotency-key') || null,
  };
  if (fault?.stored === true && fault.effect !== true) throw faultError(fault.status ?? 500);
  const { expand = [] } = parameters(expandSchema, form);
  const result = sandbox.book.during({ cause }, () => handler(call));
  if (fault?.stored === true) throw faultError(fault.status ?? 500);
  return expanded(result, expand, sandbox.ledger, (owner, name) => hiddenObject(sandbox, owner, name));
}

function answer(ctx: RouterContext, { status, body }: Answer): void {
  ctx.status = status;
  ctx.body = body;
}

function claimOf(sandbox: StripeSandbox, ctx: RouterContext, body: string): Claim {
  const key = ctx.method === 'POST' ? ctx.get('idempotency-key') : '';
  if (key !== '') ctx.set('Idempotency-Key', key);
  return claimKey(sandbox, key, { path: ctx.path, body, requestId: ctx.response.get('Request-Id') });
}

function formOf(ctx: RouterContext, body: string): Form {
  if (ctx.path.startsWith('/v2/') && body !== '') return jsonOf(body);
  const encoded = ctx.method === 'GET' || body === '' ? ctx.querystring : body;
  return qs.parse(encoded, {
    depth: 20,
    arrayLimit: 1_000,
    parameterLimit: 10_000,
    allowDots: false,
  });
}

function jsonOf(body: string): Form {
  try {
    return JSON.parse(body) as Form;
  } catch {
    throw new StripeError(400, { message: 'Invalid JSON in the request body.', early: true });
  }
}

/** @throws StripeError 401 */
function checkKey({ settings }: StripeSandbox, ctx: RouterContext): void {
  const [, scheme = '', credentials = ''] = /^(Basic|Bearer) (\S+)$/i.exec(ctx.get('authorization')) ?? [];
  const basic = () => Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '';
  const key = scheme.toLowerCase() === 'basic' ? basic() : credentials;
  if (settings.keys.includes(key)) return;
  const message =
    key === ''
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      : `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`;
  throw new StripeError(401, { message, early: true });
}

/** What a call is about: the object of its path, or the payment that its form names. */
function subjectOf({ ledger }: StripeSandbox, { params, path }: RouterContext, form: Form): Subject {
  const named = params['id'] ?? wordOf(form, 'payment_intent', wordOf(form, 'charge', ''));
  const session = ledger.sessions.get(named);
  const intent = ledger.find(named)?.['payment_intent'] ?? named;
  const transactionId = typeof intent === 'string' ? intent : undefined;
  const own = session ?? ledger.sessionOf(transactionId ?? '');
  const isCreation = path === '/v1/checkout/sessions';
  return {
    sessionId: own?.id,
    transactionId,
    reference: own?.client_reference_id ?? (isCreation ? wordOf(form, 'client_reference_id', '') : undefined),
  };
}
