import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { VNode } from 'preact';
import type { Dashboard } from '../dashboard.ts';
import { renderPlainPage } from '../parts/frame.tsx';
import { cookieOf } from '../sign-in.ts';
import { readForm, requireOwnForm, setCookie, whoIs } from './requests.ts';

const LONGEST_NAME = 80;

/** Sign in with an API key and a name; sign out; the developer's link of `npm start`. */
export function signInRoutes(router: Router, dashboard: Dashboard): void {
  const { base } = dashboard;
  router.get('/login', (ctx) => {
    ctx.body = signInPage(base, { next: ctx.query['next'], link: ctx.query['link'] });
  });
  router.post('/login', (ctx) => signIn(ctx, dashboard));
  router.post('/sign-out', async (ctx) => {
    const who = whoIs(ctx, dashboard);
    if (who !== null) requireOwnForm(await readForm(ctx), who);
    setCookie(ctx, base, null);
    ctx.status = 303;
    ctx.redirect(`${base}/login`);
  });
}

async function signIn(ctx: Context, { base, config, door, link, now }: Dashboard): Promise<void> {
  const form = await readForm(ctx);
  const [name, next] = [nameOf(form.get('name')), form.get('next') ?? undefined];
  const again = (status: number, problem: string) => {
    ctx.status = status;
    ctx.body = signInPage(base, { next, problem, name: form.get('name') ?? '' });
  };
  const asDeveloper = link.take(form.get('link') ?? undefined);
  if (asDeveloper !== null)
    return enter(ctx, base, cookieOf(asDeveloper, 'developer', now().getTime()), next);
  if (form.has('link'))
    return again(401, 'This link was used already, or is of another start. Sign in with an API key instead.');
  const admitted = door.admit(form.get('key') ?? '', ctx);
  if ('problem' in admitted) {
    if (admitted.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(admitted.retryAfterSeconds));
    return again(admitted.status, admitted.problem);
  }
  if (name === '')
    return again(422, 'A name was expected: it is written down with everything that you do here.');
  const { key } = admitted;
  if (!config.API_KEYS.includes(key)) throw new Error('a key was admitted that is not configured');
  return enter(ctx, base, cookieOf(key, name, now().getTime()), next);
}

function enter(ctx: Context, base: string, cookie: string, next: string | undefined): void {
  setCookie(ctx, base, cookie);
  ctx.status = 303;
  ctx.redirect(ownAddress(next, base));
}

/** Only an address of the dashboard: a link must not lead anybody elsewhere after the sign-in. */
function ownAddress(next: string | undefined, base: string): string {
  const isOwn =
    next !== undefined && (next === base || next.startsWith(`${base}/`) || next.startsWith(`${base}?`));
  return isOwn && !/[\\\s]|\/\//.test(next) ? next : base;
}

function nameOf(given: string | null): string {
  const cleaned = (given ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '').trim();
  return Array.from(cleaned).slice(0, LONGEST_NAME).join('');
}

interface SignInPage {
  readonly next?: unknown;
  readonly link?: unknown;
  readonly problem?: string;
  readonly name?: string;
}

function signInPage(base: string, { next, link, problem, name = '' }: SignInPage): string {
  const hidden = typeof next === 'string' ? <input type="hidden" name="next" value={next} /> : null;
  if (typeof link === 'string' && problem === undefined)
    return renderPlainPage(
      base,
      'Sign in',
      <form method="post" action={`${base}/login`} id="enter">
        {hidden}
        <input type="hidden" name="link" value={link} />
        <button type="submit">Continue as the developer of this machine</button>
      </form>,
    );
  return renderPlainPage(base, 'Sign in', <SignInForm {...{ base, hidden, problem, name }} />);
}

function SignInForm(props: {
  base: string;
  hidden: VNode | null;
  problem: string | undefined;
  name: string;
}): VNode {
  const { base, hidden, problem, name } = props;
  return (
    <form method="post" action={`${base}/login`} class="card sign-in">
      {problem !== undefined && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {hidden}
      <label>
        API key
        <input name="key" type="password" required autocomplete="current-password" />
      </label>
      <label>
        Your name
        <input name="name" required maxLength={LONGEST_NAME} value={name} autocomplete="name" />
      </label>
      <p class="muted small">
        The key decides what you may see and do. Your name is written down with everything that you do.
      </p>
      <button type="submit">Sign in</button>
    </form>
  );
}
