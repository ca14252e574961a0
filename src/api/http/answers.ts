/** What a call may answer, as it is defined: each answer once, for the handler's type and for the document. */
import type { ResponseConfig } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';

type Headers = NonNullable<ResponseConfig['headers']>;

/** A JSON body with whole examples of it, by a word for what each shows: readers and *Try it out* need a true one. */
export interface JsonBody<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  readonly examples: Readonly<Record<string, unknown>>;
}

/** The types hold an example to its schema; a test holds it to what is published of that. */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
): JsonBody<Schema> {
  return { schema, examples };
}

export interface JsonAnswer<Schema extends z.ZodType = z.ZodType> {
  readonly kind: 'json';
  readonly description: string;
  readonly json: JsonBody<Schema>;
  /** In the place of `X-Request-Id`. */
  readonly headers?: Headers;
}

/** A page for people. */
export interface PageAnswer {
  readonly kind: 'page';
  readonly description: string;
}

/** Anything else: another type of content, or none. */
export interface OtherAnswer {
  readonly kind: 'other';
  readonly description: string;
  readonly headers?: Headers;
  readonly content?: ResponseConfig['content'];
}

export type Answers = Readonly<Record<number, JsonAnswer | PageAnswer | OtherAnswer>>;

export function json<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
  headers?: Headers,
): JsonAnswer<Schema> {
  return { kind: 'json', description, json: jsonBody(schema, examples), ...(headers && { headers }) };
}

export function page(description: string): PageAnswer {
  return { kind: 'page', description };
}

export function other(description: string, more: Pick<OtherAnswer, 'headers' | 'content'> = {}): OtherAnswer {
  return { kind: 'other', description, ...more };
}

/** What a handler returns: one of the call's answers, with a body of its schema. */
export type Reply<Given extends Answers> = {
  [Status in keyof Given]: {
    readonly status: Status;
    readonly body: BodyOf<Given[Status]>;
    readonly headers?: Readonly<Record<string, string>>;
    /** Koa's word for the body's type, where it is neither JSON nor a page. */
    readonly type?: string;
  };
}[keyof Given];

type BodyOf<Answer> = Answer extends JsonAnswer<infer Schema> ? z.output<Schema> : unknown;

/** A handler's answer. */
export function reply<Status extends number, Body>(
  status: Status,
  body: Body,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly type?: string } = {},
) {
  return { status, body, ...more };
}
