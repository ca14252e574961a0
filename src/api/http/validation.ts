/** Checks JSON bodies and queries against their schemas. A refusal names each wrong field. */
import type { Context } from 'koa';
import type { z } from 'zod';
import { fieldsOf, pointerTo } from '../field-problems.ts';
import { Refusal, wrongFields } from '../refusal.ts';
import { readBody } from './limits.ts';

/**
 * A JSON body of this shape; `whenEmpty` is used if there is no body.
 * @throws Refusal for bytes that are no JSON, another media type, or a wrong field
 */
export async function readJson<Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
  whenEmpty?: object,
): Promise<z.infer<Schema>> {
  const body = await readBody(ctx);
  if (body.length === 0 && whenEmpty !== undefined) return check(schema, whenEmpty, 'the body');
  if (body.length > 0 && ctx.is('json', '+json') === false) {
    throw new Refusal(
      'unsupported_media_type',
      'the body has another media type; Content-Type: application/json was expected',
    );
  }
  const value = parseJson(body);
  const lost = prototypesIn(value);
  if (lost !== null)
    throw wrongFields('the body', [
      { pointer: pointerTo(lost), detail: 'this field name is not allowed; remove the field' },
    ]);
  return check(schema, value, 'the body');
}

/** The path of a field named `__proto__`, which JavaScript reserves and a schema would drop silently. */
function prototypesIn(value: unknown): PropertyKey[] | null {
  const left: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [{ value, path: [] }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [name, inner] of Object.entries(next.value)) {
      if (name === '__proto__') return [...next.path, name];
      if (next.path.length < DEEPEST) left.push({ value: inner, path: [...next.path, name] });
    }
  }
  return null;
}

/** No body of the API is deeper. */
const DEEPEST = 8;

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new Refusal('invalid_json', 'the body is not valid JSON; a JSON object in UTF-8 was expected', {
      cause: error,
    });
  }
}

/** Query parameters of this shape; only one that takes several values may be repeated. @throws Refusal */
export function readQuery<Schema extends z.ZodType>(ctx: Context, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(ctx.query);
  if (parsed.success) return parsed.data;
  // A pointer names the parameter, also where one of several values is wrong.
  const wrong = fieldsOf(parsed.error, [], ctx.query).map(({ pointer, detail }) => ({
    pointer: pointer.replace(/^(\/[^/]*).*/, '$1'),
    detail,
  }));
  throw wrongFields('the query', wrong.slice(0, MOST_NAMED));
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw wrongFields(what, fieldsOf(parsed.error, [], value).slice(0, MOST_NAMED));
}

/** Without this limit the answer to a body of wrong fields could be longer than the body. */
const MOST_NAMED = 100;
