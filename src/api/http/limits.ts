/** The size limits of a request: its address, its headers and its body. Contract §7. */
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import getRawBody from 'raw-body';
import type { RawRequest } from '../../gateways/verification.ts';
import { Refusal } from '../refusal.ts';

/** Node's own limit counts the address and the headers together. */
const URL_LIMIT = 16 * 1024;
const HEADERS_LIMIT = 16 * 1024;

/** Refuses addresses and headers that are longer than any call needs. */
export function uriLimits(): Middleware {
  return (ctx: Context, next) => {
    if ((ctx.req.url?.length ?? 0) > URL_LIMIT)
      throw new Refusal(
        'uri_too_long',
        `the address is too long; at most ${URL_LIMIT} characters were expected`,
      );
    if (ctx.req.headers.host === undefined && ctx.req.httpVersion === '1.1')
      throw new Refusal('malformed', 'the request has no Host header; one was expected');
    if (hostsOf(ctx) > 1)
      throw new Refusal('malformed', 'the request has several Host headers; one was expected');
    if (!isAddress(ctx))
      throw new Refusal(
        'malformed',
        'the request target is not a valid address; a path or an absolute URL was expected',
      );
    const size = ctx.req.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0);
    if (size > HEADERS_LIMIT)
      throw new Refusal(
        'headers_too_large',
        `the headers are too large; at most ${HEADERS_LIMIT} bytes were expected`,
      );
    return next();
  };
}

/**
 * Node keeps the first Host header and drops the others, while a proxy may have used another one. RFC 9112
 * §3.2.
 */
function hostsOf({ req }: Context): number {
  return req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

/** `GET http://[` passes Node's parser, but every later access to its path would throw. */
function isAddress(ctx: Context): boolean {
  try {
    return ctx.path !== '';
  } catch {
    ctx.url = '/';
    return false;
  }
}

export const BODY_LIMIT_BYTES = 1024 * 1024;

/** The exact bytes of a body. @throws Refusal `too_large`; the connection is then not read to its end. */
export async function readBody(ctx: Context): Promise<Buffer> {
  if (!hasBody(ctx.req)) return Buffer.alloc(0);
  try {
    return await getRawBody(ctx.req, { length: ctx.get('content-length') || null, limit: BODY_LIMIT_BYTES });
  } catch (error) {
    const { type } = error as { type?: string };
    closeAfterwards(ctx);
    if (type === 'entity.too.large')
      throw new Refusal(
        'too_large',
        `the body is too large; at most ${BODY_LIMIT_BYTES} bytes were expected`,
      );
    throw new Refusal('malformed', 'the body ended before its announced length; send the whole body', {
      cause: error,
    });
  }
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** The rest of the body is not read: the connection closes after the answer. */
function closeAfterwards(ctx: Context): void {
  ctx.set('Connection', 'close');
  ctx.res.once('finish', () => ctx.req.socket.destroySoon());
}

/**
 * The request as a gateway verifies it, before any parser. The signed target is always `prefix` plus the
 * route.
 * @throws Refusal `too_large`
 */
export async function readRawRequest(ctx: Context, prefix: string): Promise<RawRequest> {
  const receivedAt = new Date();
  const body = await readBody(ctx);
  const target = `${prefix}${ctx.req.url}`;
  return { method: ctx.method, target, headers: headersOf(ctx.req), body, receivedAt };
}

function headersOf(req: IncomingMessage): Record<string, string> {
  const entries = Object.entries(req.headersDistinct).map(([name, values]) => [
    name,
    values?.join(', ') ?? '',
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
