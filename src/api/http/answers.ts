/** The answers of the HTTP API as the OpenAPI document shows them: problems come from the one table of codes. */
import type { ResponseConfig, ZodContentObject } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from './problem.ts';
import { problem } from '../payments/payment-requests.ts';
import { exampleOf } from './problem-examples.ts';

export type Answers = Record<string, ResponseConfig>;

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** The problem with every code that exists. A client must tolerate codes that it does not know. */
const publishedProblem = problem
  .extend({ code: z.enum(CODES).meta({ description: 'Stable; made for programs' }) })
  .meta({ id: 'Problem', description: 'RFC 9457; the codes may grow in number' });

const REQUEST_ID = {
  'X-Request-Id': {
    description: 'Names the request in our logs',
    schema: { type: 'string' as const },
    example: '8d1b3c1e-9a41-4a63-9a0e-2f6b1c0f7e52',
  },
};
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer' as const }, example: 1 },
};

/** A JSON body with whole examples of it, by a word for what each shows: readers and *Try it out* need a true one. */
export interface Shown {
  readonly schema: z.ZodType;
  readonly examples: Readonly<Record<string, unknown>>;
}

/** The types hold an example to its schema; a test holds it to what is published of that. */
export function shown<Schema extends z.ZodType>(
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
): Shown {
  return { schema, examples };
}

/** As the content of a body. */
export function jsonContent({ schema, examples }: Shown): ZodContentObject {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }]);
  return { 'application/json': { schema, examples: Object.fromEntries(named) } };
}

/** One JSON answer. */
export function json<Schema extends z.ZodType>(
  status: number,
  description: string,
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
): Answers {
  const content = jsonContent(shown(schema, examples));
  return { [status]: { description, headers: REQUEST_ID, content } };
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
  const examples = Object.fromEntries(codes.map((code) => [code, exampleOf(code)]));
  return {
    description,
    headers,
    content: { 'application/problem+json': { schema: publishedProblem, examples } },
  };
}
