/** The answers of the HTTP API as the OpenAPI document shows them: problems come from the one table of codes. */
import type { ResponseConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../problem.ts';
import { problem } from '../schemas.ts';

export type Answers = Record<string, ResponseConfig>;

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The problem with every code that exists. A client must tolerate codes that it does not know. */
const publishedProblem = problem
  .extend({ code: z.enum(CODES).meta({ description: 'Stable; made for programs' }) })
  .meta({ id: 'Problem', description: 'RFC 9457; the codes may grow in number' });

const REQUEST_ID = {
  'X-Request-Id': { description: 'Names the request in our logs', schema: { type: 'string' as const } },
};
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer' as const } },
};

/** One JSON answer. */
export function json(status: number, description: string, schema: z.ZodType): Answers {
  return { [status]: { description, headers: REQUEST_ID, content: { 'application/json': { schema } } } };
}

/** An answer that is a page for people. */
export function html(status: number, description: string): Answers {
  const content = { 'text/html': { schema: { type: 'string' as const } } };
  return { [status]: { description, headers: REQUEST_ID, content } };
}

/** The problems that a call can end with, one answer for each status. */
export function refusals(...codes: readonly ProblemCode[]): Answers {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  const ofStatus = (status: number) => codes.filter((code) => PROBLEMS[code].status === status);
  return Object.fromEntries(statuses.map((status) => [status, refusal(status, ofStatus(status))]));
}

function refusal(status: number, codes: readonly ProblemCode[]): ResponseConfig {
  const description = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. ');
  const headers = { ...REQUEST_ID, ...((status === 503 || status === 429) && RETRY_AFTER) };
  return { description, headers, content: { 'application/problem+json': { schema: publishedProblem } } };
}
