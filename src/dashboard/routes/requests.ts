/** What the routes of the dashboard read from a request, and refuse. */
import type { Context } from 'koa';
import getRawBody from 'raw-body';
import type { SignedIn } from '../sign-in.ts';
import { isSame, signedInBy } from '../sign-in.ts';
import type { Dashboard } from '../dashboard.ts';
import { Refused } from '../refused.ts';

const COOKIE = 'paidonce_dashboard';
const LONGEST_FORM = '64kb';

export function whoIs(ctx: Context, { config, now }: Dashboard): SignedIn | null {
  return signedInBy(ctx.cookies.get(COOKIE), config.API_KEYS, now().getTime());
}

/** A request to the API in the name of a person, who calls from this address. */
export function requestAs(
  { person }: SignedIn,
  { headers, address }: Pick<Dashboard, 'headers'> & { readonly address: string },
  request: Request,
): Request {
  request.headers.set(headers.address, address);
  request.headers.set(headers.actor, encodeURIComponent(person));
  return request;
}

/** Sets or, with null, removes the cookie of the session. */
export function setCookie(ctx: Context, base: string, value: string | null): void {
  const secure = isHttps(ctx);
  // Behind a proxy that ends TLS, the cookie is set on a plain connection.
  ctx.cookies.secure = secure;
  ctx.cookies.set(COOKIE, value, {
    path: base,
    httpOnly: true,
    sameSite: 'lax',
    secure,
    signed: false,
    overwrite: true,
  });
}

/** Browsers send the origin of the page with each form: an https origin is the browser's own word. */
function isHttps(ctx: Context): boolean {
  return ctx.secure || /^https:/i.test(ctx.get('origin'));
}

const REMEMBERED_MS = 365 * 86_400_000;

/** The query of a page. What the page remembers is kept in a cookie, and comes from it where the address lacks it. */
export function queryOf(
  ctx: Context,
  base: string,
  given: URLSearchParams,
  remembers: readonly string[] = [],
): URLSearchParams {
  const query = new URLSearchParams(given);
  for (const name of remembers) {
    const cookie = `paidonce_${name}`;
    const values = query.getAll(name).join(',').slice(0, LONGEST_REMEMBERED);
    if (values === '') query.set(name, decoded(ctx.cookies.get(cookie)));
    else
      ctx.cookies.set(cookie, encodeURIComponent(values), {
        path: base,
        httpOnly: true,
        sameSite: 'lax',
        signed: false,
        maxAge: REMEMBERED_MS,
      });
  }
  return query;
}

const LONGEST_REMEMBERED = 1_000;

function decoded(value: string | undefined): string {
  try {
    return decodeURIComponent(value ?? '');
  } catch {
    return '';
  }
}

/** The fields of a form. @throws Refused */
export async function readForm(ctx: Context): Promise<URLSearchParams> {
  requireOwnPage(ctx);
  if (ctx.is('application/x-www-form-urlencoded') === false)
    throw new Refused(415, 'This is not a form', 'Open the page again and use its buttons.');
  try {
    return new URLSearchParams(await getRawBody(ctx.req, { limit: LONGEST_FORM, encoding: 'utf8' }));
  } catch (error) {
    const isLong = (error as { type?: string }).type === 'entity.too.large';
    if (!isLong)
      throw new Refused(400, 'The form could not be read', 'Open the page again and send it once more.');
    throw new Refused(
      413,
      'The form is too long',
      `At most ${LONGEST_FORM} were expected: shorten the texts.`,
    );
  }
}

/** Refuses a form that belongs to another session, or to none. @throws Refused */
export function requireOwnForm(form: URLSearchParams, { csrf }: SignedIn): void {
  if (isSame(form.get('csrf') ?? '', csrf)) return;
  throw new Refused(
    403,
    'This form belongs to another session',
    'Nothing was done. Open the page again and use its buttons.',
  );
}

/** Refuses a form of another site's page. @throws Refused */
function requireOwnPage(ctx: Context): void {
  const origin = ctx.get('origin');
  const site = ctx.get('sec-fetch-site');
  const isOther = site !== '' ? site !== 'same-origin' && site !== 'none' : !isOwn(origin, ctx.host);
  if (isOther)
    throw new Refused(
      403,
      'This form was sent by a page of another site',
      'Nothing was done. Open the dashboard.',
    );
}

/** Only the host is compared, since a proxy may end TLS. */
function isOwn(origin: string, host: string): boolean {
  return origin === '' || (URL.canParse(origin) && new URL(origin).host === host);
}
