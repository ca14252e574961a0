/** A call of the merchant's backend, described by what differs. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import type { Scope } from '../../config/api-keys.ts';
import type { ProblemCode } from '../problem.ts';
import { jsonContent, refusals, type Answers, type Shown } from './answers.ts';

const ALWAYS = ['unauthorized', 'rate_limited', 'unavailable'] as const;
const BODY = ['invalid_json', 'malformed', 'too_large', 'unsupported_media_type', 'invalid_request'] as const;
const QUERY = ['invalid_request', 'uri_too_long'] as const;

export interface Call extends Pick<RouteConfig, 'method' | 'path' | 'summary' | 'description'> {
  readonly operationId: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: Shown;
  /** The body may be left out. */
  readonly isBodyOptional?: true;
  /** What it answers when all is well. */
  readonly answers: Answers;
  /** What the API key must have one of, where it is not enough that it reads. */
  readonly scopes?: readonly Scope[];
  /** What it may be refused for besides a wrong key, a wrong query or body, and trouble of ours. */
  readonly refused?: readonly ProblemCode[];
}

/** A route with the refusals that follow from what it takes. */
export function routeOf(described: Call): RouteConfig {
  const { params, query, headers, body, isBodyOptional, answers, scopes, refused = [], ...call } = described;
  const scoped = scopes === undefined ? [] : (['scope_missing'] as const);
  const codes = [...(body ? BODY : []), ...ALWAYS, ...scoped, ...refused, ...(query ? QUERY : [])];
  const required = isBodyOptional !== true;
  const needs =
    scopes && `The API key needs the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`;
  const description = [call.description, needs].filter((part) => part !== undefined).join(' ');
  return {
    ...call,
    ...(description !== '' && { description }),
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(body && { body: { required, content: jsonContent(body) } }),
    },
    responses: { ...answers, ...refusals(...codes) },
  };
}
