/** A call of the API is defined once: the router and the OpenAPI document are both made from it. */
import type { Context } from 'koa';
import type { z } from 'zod';
import type { Scope } from '../../config/api-keys.ts';
import type { NewAudit } from '../../store/audit.ts';
import type { ProblemCode } from '../refusal.ts';
import type { Answers, JsonBody, Reply } from './answers.ts';

/** What a handler is given: the request, its parts held to the call's schemas when they are asked for. */
export interface CallRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly ctx: Context;
  /** As they stand in the address, decoded. */
  readonly params: Readonly<Record<keyof Params & string, string>>;
  /** @throws Refusal `invalid_request` */
  query(): Query;
  /** @throws Refusal `invalid_json`, `unsupported_media_type`, `invalid_request`, `too_large` */
  body(): Promise<Body>;
}

interface Description {
  readonly method: 'get' | 'post' | 'patch';
  /** As OpenAPI writes it: `/v1/payments/{id}`. */
  readonly path: string;
  /** Verb and noun. Generated clients name their functions after it. */
  readonly operationId: string;
  /** The chapter of the document; `Merchant` where it is absent. */
  readonly tag?: 'Gateways' | 'Machines';
  readonly summary: string;
  readonly description?: string;
  /** `public` needs no API key; else the key has one of these scopes, any key where there are none. */
  readonly access: 'public' | readonly Scope[];
  /** The body may be left out, and is `{}` then. */
  readonly isBodyOptional?: true;
  /** What it may be refused for; to what needs a key, `openapi.ts` adds what follows from its key, body and query. */
  readonly refusals?: readonly ProblemCode[];
  /** It moves money or decides: it leaves a row in the audit under this name. */
  readonly audit?: NewAudit['what'];
  /** Where it is served, if ADMIN_PORT is a port of its own; on the API's where this is absent. */
  readonly port?: 'admin' | 'both';
  /** A method that no call has for this path comes to this one's handler, which refuses it by itself. */
  readonly refusesOtherMethods?: true;
  /** The files that its page loads: the same handler serves them, and they are no calls. */
  readonly files?: readonly string[];
}

/** A call, to a router that has `Tools` for its handler. */
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
  /** What it answers when all is well, by status. */
  readonly answers: Given;
  /** Parses, calls a use case, answers. */
  readonly handle: (
    request: CallRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
    tools: Tools,
  ) => Promise<Reply<Given>>;
}

/** Holds the handler to the schemas and answers that stand beside it. */
export function defineCall<
  Tools,
  Given extends Answers,
  Params extends z.ZodObject = never,
  Query extends z.ZodObject = never,
  Body extends z.ZodType = never,
>(call: Definition<Tools, Params, Query, Body, Given>): Call<Tools> {
  return call as unknown as Call<Tools>;
}
