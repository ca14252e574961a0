/** Contract §9: who may enter the dashboard, and what a session is. */
import { describe, expect, it } from '@jest/globals';
import { SESSION_MS, cookieOf, signedInBy } from '../../../src/dashboard/sign-in.ts';
import { parseApiKey, type ApiKey } from '../../../src/config/api-keys.ts';
import { API_KEY } from '../../support/api.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';

const READ_KEY = 'abcdefghijklmnopqrstuvwx-read';

describe('signing in', () => {
  const at = useTestApi({
    API_KEYS: `${API_KEY},desk:read:${READ_KEY}`,
    DASHBOARD_LINK: 'a-token-of-this-start',
  });

  it('leads from any page to the sign-in and back to the page', async () => {
    const visitor = new Visitor(at.api);
    const { status, headers } = await visitor.get('/payments?status=REVIEW');
    expect([status, headers.location]).toEqual([
      303,
      '/dashboard/login?next=%2Fdashboard%2Fpayments%3Fstatus%3DREVIEW',
    ]);
    const entered = await visitor.signIn(API_KEY, 'Ada', { next: '/dashboard/payments?status=REVIEW' });
    expect([entered.status, entered.headers.location]).toEqual([303, '/dashboard/payments?status=REVIEW']);
    expect((await visitor.get('/payments?status=REVIEW')).status).toBe(200);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/dashboard//evil.example',
    '/dashboard/..\\evil',
    '/v1/payments',
    'javascript:alert(1)',
  ])('leads nowhere else than to the dashboard: %s', async (next) => {
    const { headers } = await new Visitor(at.api).signIn(API_KEY, 'Ada', { next });
    expect(headers.location).toBe('/dashboard');
  });

  it('sets a cookie that no script reads and no other site sends', async () => {
    const plain = await new Visitor(at.api).signIn(API_KEY, 'Ada');
    expect(plain.headers['set-cookie']).toHaveLength(1);
    expect(plain.headers['set-cookie']?.[0]).toMatch(/; path=\/dashboard; samesite=lax; httponly$/);
    const secure = await new Visitor(at.api).post(
      '/login',
      { key: API_KEY, name: 'Ada' },
      { origin: 'https://pay.example' },
    );
    expect(secure.headers['set-cookie']?.[0]).toMatch(/; path=\/dashboard; samesite=lax; secure; httponly$/);
  });

  it('has security headers on every answer, and no inline script or style on any page', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    for (const path of ['/login', '', '/payments', '/nothing-here']) {
      const { headers, text } = await visitor.get(path);
      expect(headers['content-security-policy']).toContain("script-src 'self'");
      expect(headers['cache-control']).toBe('no-store');
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    }
  });

  it('refuses a missing name, and says what it is for', async () => {
    const { status, text } = await new Visitor(at.api).signIn(API_KEY, '  ');
    expect(status).toBe(422);
    expect(text).toContain('A name was expected');
  });

  it('refuses wrong keys, the eleventh of a minute with 429, and serves a right one at any time', async () => {
    const statuses: number[] = [];
    const visitor = new Visitor(at.api);
    for (let n = 0; n < 12; n += 1)
      statuses.push((await visitor.signIn(`a-wrong-key-of-24-letters-${n}`, 'Eve')).status);
    expect([...new Set(statuses)]).toEqual([401, 429]);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect((await visitor.signIn(API_KEY, 'Ada')).status).toBe(303);
  });

  it('refuses a form of another site, of another session, and one without a token', async () => {
    const [ada, eve] = [
      await Visitor.signedIn(at.api, API_KEY),
      await Visitor.signedIn(at.api, API_KEY, 'Eve'),
    ];
    const { csrf = '' } = await eve.formOf('', '/sign-out');
    for (const form of [{}, { csrf }, { csrf: 'x' }] as Record<string, string>[]) {
      const { status, text } = await ada.post('/sign-out', form);
      expect(status).toBe(403);
      expect(text).toContain('belongs to another session');
    }
    const own = await ada.formOf('', '/sign-out');
    const others: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of others) {
      const { status, text } = await ada.post('/sign-out', own, headers);
      expect([status, text.includes('another site')]).toEqual([403, true]);
    }
    expect((await ada.get('')).status).toBe(200);
    expect((await ada.post('/sign-out', own, { 'sec-fetch-site': 'same-origin' })).status).toBe(303);
    expect((await ada.get('')).status).toBe(303);
  });

  it('signs in once by the link of this start, after a click', async () => {
    const visitor = new Visitor(at.api);
    // Following a link changes nothing: a program that looks at links must not use it up.
    expect((await visitor.get('/login?link=a-token-of-this-start')).status).toBe(200);
    expect((await visitor.post('/login', { link: 'another-token' })).status).toBe(401);
    expect((await visitor.post('/login', { link: 'a-token-of-this-start' })).status).toBe(303);
    expect((await visitor.get('')).text).toContain('developer');
    expect((await new Visitor(at.api).post('/login', { link: 'a-token-of-this-start' })).status).toBe(401);
  });

  it('shows the name as text, and writes it into no header', async () => {
    const visitor = await Visitor.signedIn(at.api, READ_KEY, '<b>Ada</b>\r\nSet-Cookie: x=1');
    const { text } = await visitor.get('');
    expect(text).toContain('&lt;b>Ada&lt;/b>Set-Cookie: x=1');
    expect(text).toContain('desk');
  });

  it('refuses what is no form, and one that is too long', async () => {
    const visitor = new Visitor(at.api);
    expect((await visitor.post('/login', {}, { 'content-type': 'application/json' })).status).toBe(415);
    expect((await visitor.post('/login', { key: 'x'.repeat(70_000) })).status).toBe(413);
  });
});

describe('a session', () => {
  const [key, other] = [parseApiKey(`one:read:${READ_KEY}`), parseApiKey(`one:admin:${READ_KEY}-2`)] as [
    ApiKey,
    ApiKey,
  ];
  const now = Date.parse('2026-11-28T12:00:00Z');
  const cookie = cookieOf(key, 'Ada', now);

  it('ends after twelve hours, with its key, and with one changed character', () => {
    expect(signedInBy(cookie, [key], now)).toMatchObject({ person: 'Ada', key });
    expect(signedInBy(cookie, [key], now + SESSION_MS)).toBeNull();
    // Another key has its name now.
    expect(signedInBy(cookie, [other], now)).toBeNull();
    expect(signedInBy(cookie, [], now)).toBeNull();
    for (const at of [0, 10, cookie.indexOf('.') + 1, cookie.length - 2]) {
      const changed = `${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`;
      expect(signedInBy(changed, [key], now)).toBeNull();
    }
  });

  it.each(['', '.', 'x', 'bnVsbA.x', 'e30.x', `${'A'.repeat(5_000)}.x`, undefined])(
    'is none for %p',
    (given) => {
      expect(signedInBy(given, [key], now)).toBeNull();
    },
  );

  it('has its own token for forms', () => {
    const tokens = [cookie, cookieOf(key, 'Ada', now)].map((one) => signedInBy(one, [key], now)?.csrf);
    expect(new Set(tokens).size).toBe(2);
  });
});
