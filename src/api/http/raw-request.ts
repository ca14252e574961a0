import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import type { RawRequest } from '../../gateways/gateway.ts';
import { Problem } from './problem.ts';

/** Contract §7. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** The exact bytes of a body. @throws Problem `too_large`; the connection is not read to its end then. */
export async function readBody(ctx: Context): Promise<Buffer> {
  if (!hasBody(ctx.req)) return Buffer.alloc(0);
  try {
    return await getRawBody(ctx.req, { length: ctx.get('content-length') || null, limit: BODY_LIMIT_BYTES });
  } catch (error) {
    const { type } = error as { type?: string };
    closeAfterwards(ctx);
    if (type === 'entity.too.large')
      throw new Problem('too_large', `a body of at most ${BODY_LIMIT_BYTES} bytes was expected`);
    throw new Problem('malformed', 'the body ended before its announced length', { cause: error });
  }
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** What is still on its way is not read: the connection ends with the answer. */
function closeAfterwards(ctx: Context): void {
  ctx.set('Connection', 'close');
  ctx.res.once('finish', () => ctx.req.socket.destroySoon());
}

/** The request as a gateway verifies it, before any parser: what is signed is always `prefix` plus route. @throws Problem `too_large` */
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
