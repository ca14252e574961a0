/** A call of the API is defined once: the router and the OpenAPI document are both made from it. */
import type { Context } from 'koa';
import type { z } from 'zod';
import type { Scope } from '../../config/api-keys.ts';
import type { NewAudit } from '../../store/audit.ts';
import type { ProblemCode } from '../refusal.ts';
import type { Answers, JsonBody, Reply } from './answers.ts';

/**
 * The input of a handler: the request, whose parts are checked against the call's schemas when they are read.
 */
export interface CallRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly ctx: Context;
  /** From the address, decoded. */
  readonly params: Readonly<Record<keyof Params & string, string>>;
  /** @throws Refusal `invalid_request` */
  query(): Query;
  /** @throws Refusal `invalid_json`, `unsupported_media_type`, `invalid_request`, `too_large` */
  body(): Promise<Body>;
}

interface Description {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/payments/{id}`. */
  readonly path: string;
  /** A verb and a noun. Generated clients name their functions after it. */
  readonly operationId: string;
  /** The chapter of the document; `Merchant` where it is absent. */
  readonly tag?: 'Gateways' | 'Machines' | 'Test bench';
  readonly summary: string;
  readonly description?: string;
  /**
   * `public` needs no API key. Otherwise the key needs one of these scopes; an empty list accepts any key.
   */
  readonly access: 'public' | readonly Scope[];
  /** The body may be left out; it is then `{}`. */
  readonly isBodyOptional?: true;
  /**
   * The call's own refusals. If the call needs a key, `openapi.ts` adds the refusals that follow from its
   * key, body and query.
   */
  readonly refusals?: readonly ProblemCode[];
  /** The call moves money or makes a decision: it gets an audit row under this name. */
  readonly audit?: NewAudit['what'];
  /** On which port the call is served if ADMIN_PORT is a separate port; absent means the API's port. */
  readonly port?: 'admin' | 'both';
  /** Requests with a method that no call of this path has also go to this handler, which refuses them. */
  readonly refusesOtherMethods?: true;
  /** The files that its page loads. The same handler serves them; they are not calls. */
  readonly files?: readonly string[];
}

/** A call as the router takes it, which has `Tools` for its handler. */
export interface Call<in Tools> extends Description {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: JsonBody;
  readonly answers: Answers;
  readonly handle: (request: CallRequest<never, never, never>, tools: Tools) => Promise<Reply<Answers>>;
}

interface Definition<
  Tools,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Given extends Answers,
> extends Description {
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: z.ZodObject;
  readonly body?: JsonBody<Body>;
  /** The answers of success, by status. */
  readonly answers: Given;
  /** Parses the request, calls a use case and answers. */
  readonly handle: (
    request: CallRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
    tools: Tools,
  ) => Promise<Reply<Given>>;
}

/** Checks the handler's types against the schemas and answers of the call. */
export function defineCall<
  Tools,
  Given extends Answers,
  Params extends z.ZodObject = never,
  Query extends z.ZodObject = never,
  Body extends z.ZodType = never,
>(call: Definition<Tools, Params, Query, Body, Given>): Call<Tools> {
  return call as unknown as Call<Tools>;
}
