import type { IncomingMessage } from 'node:http';
import getRawBody from 'raw-body';
import type { z } from 'zod';
import { invalid, Problem } from './problem.ts';

/** The body parsed by the schema, or a 400 with one line per wrong field. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw invalid(...wrong);
}

/** The request's body as JSON; an empty one is `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('the body is not JSON');
  }
}

/** The fields of a submitted form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(request));
}

const texts = new WeakMap<IncomingMessage, Promise<string>>();

/** The body as text. It is read only once. */
export function readText(request: IncomingMessage): Promise<string> {
  const text = texts.get(request) ?? receive(request);
  texts.set(request, text);
  return text;
}

async function receive(request: IncomingMessage): Promise<string> {
  try {
    return await getRawBody(request, { limit: '1mb', encoding: 'utf8' });
  } catch (error) {
    throw new Problem(413, `reading the body: ${String(error)}`, 'PAYLOAD_TOO_LARGE');
  }
}
