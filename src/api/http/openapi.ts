/**
 * The OpenAPI 3.1 document, made from the routed calls. A test compares it with its copy `openapi.json` in
 * the root.
 */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type ResponseConfig,
  type RouteConfig,
  type ZodContentObject,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { VERSION } from '../../lib/version.ts';
import type { ProblemCode } from '../refusal.ts';
import type { Answers, JsonBody } from './answers.ts';
import { ACTOR_HEADER } from './audit-trail.ts';
import type { Call } from './define-call.ts';
import { problem } from './fields.ts';
import { exampleOf, registerProblems } from './problem-examples.ts';
import { PROBLEMS } from './problem.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const INFO = {
  title: 'paidonce',
  version: VERSION,
  description:
    'Every order is paid exactly once. Amounts are integers in minor units; times are RFC 3339 in UTC.',
  license: { name: 'MIT', identifier: 'MIT' },
};

/** A request that we send. */
export interface Webhook {
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly headers: z.ZodObject;
  readonly body: JsonBody;
  /** The meaning of each status. */
  readonly answers: Readonly<Record<string, string>>;
}

/** Builds the document. It names the serving host as its server; `prefix` is the path of PUBLIC_URL. */
export function documentOf(
  calls: readonly Call<never>[],
  webhooks: readonly Webhook[],
  prefix: string,
): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  const { name: apiKey } = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'One of API_KEYS; `npm start` prints one for development',
  });
  for (const call of calls) registry.registerPath(operationOf(call, apiKey));
  for (const webhook of webhooks) registry.registerWebhook(webhookOf(webhook));
  registerProblems(registry);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: prefix || '/' }],
  });
}

function operationOf(call: Call<never>, apiKey: string): RouteConfig {
  const { method, path, operationId, tag = 'Merchant', summary, access, answers } = call;
  const description = descriptionOf(call);
  return {
    method,
    path,
    operationId,
    tags: [tag],
    summary,
    ...(description !== '' && { description }),
    security: access === 'public' ? [] : [{ [apiKey]: [] }],
    request: requestOf(call),
    responses: { ...responsesOf(answers), ...refusalsOf(codesOf(call)) },
  };
}

function webhookOf({ name, operationId, summary, headers, body, answers }: Webhook): RouteConfig {
  const responses = Object.entries(answers).map(([status, description]) => [status, { description }]);
  const request = { headers, body: { required: true, content: jsonContent(body) } };
  return {
    method: 'post',
    path: name,
    operationId,
    summary,
    // A webhook is authenticated by its signature, not by an API key.
    security: [],
    request,
    responses: Object.fromEntries(responses),
  };
}

function descriptionOf({ description, access }: Call<never>): string {
  const scopes = access === 'public' ? [] : access.map((scope) => `\`${scope}\``);
  const needs = scopes.length === 0 ? undefined : `The API key needs the scope ${scopes.join(' or ')}.`;
  return [description, needs].filter((part) => part !== undefined).join(' ');
}

function requestOf({
  params,
  query,
  headers,
  body,
  isBodyOptional,
  audit,
}: Call<never>): NonNullable<RouteConfig['request']> {
  const sent = audit === undefined ? headers : z.object({ ...headers?.shape, ...OF_A_PERSON });
  return {
    ...(params && { params }),
    ...(query && { query }),
    ...(sent && { headers: sent }),
    ...(body && { body: { required: isBodyOptional !== true, content: jsonContent(body) } }),
  };
}

const OF_A_PERSON = {
  [ACTOR_HEADER]: z
    .string()
    .optional()
    .meta({
      description:
        'The person that acts with this key, percent-encoded; for the audit. An `actor` in the body takes precedence',
      examples: ['ada'],
    }),
};

const OF_A_KEY = ['unauthorized', 'rate_limited', 'unavailable'] as const;
const OF_A_BODY = [
  'invalid_json',
  'malformed',
  'too_large',
  'unsupported_media_type',
  'invalid_request',
] as const;
const OF_A_QUERY = ['invalid_request', 'uri_too_long'] as const;

/** The call's own refusals. If the call needs a key, also those that follow from its body, key and query. */
function codesOf({ access, body, query, refusals = [] }: Call<never>): readonly ProblemCode[] {
  if (access === 'public') return refusals;
  const scoped = access.length === 0 ? [] : (['scope_missing'] as const);
  return [...(body ? OF_A_BODY : []), ...OF_A_KEY, ...scoped, ...refusals, ...(query ? OF_A_QUERY : [])];
}

const REQUEST_ID = {
  'X-Request-Id': {
    description: 'The id of the request in our logs',
    schema: { type: 'string' as const },
    example: '8d1b3c1e-9a41-4a63-9a0e-2f6b1c0f7e52',
  },
};
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer' as const }, example: 1 },
};

type Responses = Record<string, ResponseConfig>;

function responsesOf(answers: Answers): Responses {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]));
}

function responseOf(answer: Answers[number]): ResponseConfig {
  const { description } = answer;
  switch (answer.kind) {
    case 'json':
      return { description, headers: answer.headers ?? REQUEST_ID, content: jsonContent(answer.json) };
    case 'list':
      return {
        description,
        headers: REQUEST_ID,
        content: {
          ...jsonContent(answer.json),
          'text/csv': { schema: { type: 'string' }, example: answer.csv },
        },
      };
    case 'page':
      return { description, headers: REQUEST_ID, content: { 'text/html': { schema: { type: 'string' } } } };
    case 'other': {
      const { headers, content } = answer;
      return { description, ...(headers && { headers }), ...(content && { content }) };
    }
  }
}

/** A JSON body as the content of a request or an answer. */
function jsonContent({ schema, examples }: JsonBody): ZodContentObject {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return { 'application/json': { schema, examples: Object.fromEntries(named) } };
}

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The problem with every existing code. A client must tolerate unknown codes. */
const publishedProblem = problem
  .extend({ code: z.enum(CODES).meta({ description: 'Stable; for programs' }) })
  .meta({ id: 'Problem', description: 'RFC 9457; codes may be added' });

/** The problems of a call, one answer for each status. */
function refusalsOf(codes: readonly ProblemCode[]): Responses {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  const ofStatus = (status: number) => codes.filter((code) => PROBLEMS[code].status === status);
  return Object.fromEntries(statuses.map((status) => [status, refusalOf(status, ofStatus(status))]));
}

function refusalOf(status: number, codes: readonly ProblemCode[]): ResponseConfig {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. ');
  const headers = { ...REQUEST_ID, ...((status === 503 || status === 429) && RETRY_AFTER) };
  const examples = Object.fromEntries(codes.map((code) => [code, exampleOf(code)]));
  return {
    description,
    headers,
    content: { 'application/problem+json': { schema: publishedProblem, examples } },
  };
}
