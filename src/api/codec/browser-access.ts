/** How a browser that shows the Temporal Web UI may call the codec server. */
import type { Context, Middleware } from 'koa';
import { Refusal } from '../refusal.ts';

/** What the Web UI sends. */
const ALLOWED_HEADERS = 'Authorization, Authorization-Extras, Content-Type, X-Namespace';
const REMEMBERED_S = 600;

/** CORS for exactly these origins. A page of another origin can read no answer. */
export function cors(origins: readonly string[]): Middleware {
  return (ctx, next) => {
    ctx.vary('Origin');
    const isOurs = origins.includes(ctx.get('Origin'));
    if (isOurs) {
      ctx.set('Access-Control-Allow-Origin', ctx.get('Origin'));
      ctx.set('Access-Control-Allow-Credentials', 'true');
    }
    if (ctx.method !== 'OPTIONS') return next();
    if (isOurs) {
      ctx.set('Access-Control-Allow-Methods', 'POST');
      ctx.set('Access-Control-Allow-Headers', ALLOWED_HEADERS);
      ctx.set('Access-Control-Max-Age', String(REMEMBERED_S));
    }
    ctx.status = 204;
    return undefined;
  };
}

/**
 * Takes an API key also as the password of HTTP's Basic authentication: the Web UI can send no key of ours,
 * but a browser sends the password that a person has entered at `/`.
 */
export function basicAsBearer(): Middleware {
  return (ctx, next) => {
    const [, credentials] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(ctx.get('Authorization')) ?? [];
    if (credentials !== undefined) {
      const text = Buffer.from(credentials, 'base64').toString('utf8');
      ctx.req.headers.authorization = `Bearer ${text.slice(text.indexOf(':') + 1)}`;
    }
    return next();
  };
}

/** Has the browser ask for the password. Not for `/decode`: a dialog there would interrupt the Web UI. */
export function asksForPassword(): Middleware {
  return async (ctx: Context, next) => {
    try {
      await next();
    } catch (error) {
      if (error instanceof Refusal && error.code === 'unauthorized')
        ctx.set('WWW-Authenticate', 'Basic realm="paidonce: any user name, an API key as the password"');
      throw error;
    }
  };
}
