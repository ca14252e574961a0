/** The answers of a call. Each is defined once, for the type of the handler and for the OpenAPI document. */
import type { Readable } from 'node:stream';
import type { ResponseConfig } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';

type Headers = NonNullable<ResponseConfig['headers']>;

/** A JSON body with complete, named examples: readers and *Try it out* need a realistic one. */
export interface JsonBody<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  readonly examples: Readonly<Record<string, unknown>>;
}

/** The types check an example against its schema; a test checks it against the published schema. */
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
  /** Instead of `X-Request-Id`. */
  readonly headers?: Headers;
}

/** A page of a list, or the whole list as a file: whole-list.ts. */
export interface ListAnswer<Schema extends z.ZodType = z.ZodType> {
  readonly kind: 'list';
  readonly description: string;
  readonly json: JsonBody<Schema>;
  /** The example of a page as a CSV file. */
  readonly csv: string;
}

/** A page for people. */
export interface PageAnswer {
  readonly kind: 'page';
  readonly description: string;
}

/** An answer with another type of content, or with none. */
export interface OtherAnswer {
  readonly kind: 'other';
  readonly description: string;
  readonly headers?: Headers;
  readonly content?: ResponseConfig['content'];
}

export type Answers = Readonly<Record<number, JsonAnswer | ListAnswer | PageAnswer | OtherAnswer>>;

export function json<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
  headers?: Headers,
): JsonAnswer<Schema> {
  return { kind: 'json', description, json: jsonBody(schema, examples), ...(headers && { headers }) };
}

export function list<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
  csv: string,
): ListAnswer<Schema> {
  return { kind: 'list', description, json: jsonBody(schema, examples), csv };
}

export function page(description: string): PageAnswer {
  return { kind: 'page', description };
}

export function other(description: string, more: Pick<OtherAnswer, 'headers' | 'content'> = {}): OtherAnswer {
  return { kind: 'other', description, ...more };
}

/** The return type of a handler: one of the call's answers, with a body of its schema. */
export type Reply<Given extends Answers> = {
  [Status in keyof Given]: {
    readonly status: Status;
    readonly body: BodyOf<Given[Status]>;
    readonly headers?: Readonly<Record<string, string>>;
    /** The body's type as Koa names it, if it is neither JSON nor a page. */
    readonly type?: string;
  };
}[keyof Given];

type BodyOf<Answer> =
  Answer extends JsonAnswer<infer Schema>
    ? z.output<Schema>
    : Answer extends ListAnswer<infer Schema>
      ? z.output<Schema> | Readable
      : unknown;

/** A handler's answer. */
export function reply<Status extends number, Body>(
  status: Status,
  body: Body,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly type?: string } = {},
) {
  return { status, body, ...more };
}
