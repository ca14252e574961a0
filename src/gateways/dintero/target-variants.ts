/** What Dintero may have called before a proxy or another configuration changed it: host, path, method, query. */
import type { Clue } from '../../domain/refusal-clue.ts';
import type { RawRequest } from '../verification.ts';
import { shownText } from '../shared/gateway-fields.ts';
import { withoutTrailingSlash } from '../shared/public-urls.ts';
import { accountOf } from './id-parts.ts';
import type { SignedTarget } from './signature.ts';
import { KEY_PARAMS } from './urls.ts';

/** A request with one thing changed, or with a host and a path that belong together. */
export interface TargetVariant extends Partial<SignedTarget> {
  readonly clue: Clue;
  readonly accountId?: string;
  readonly hostname?: string;
}

interface Received {
  readonly accountId: string;
  /** Of PUBLIC_URL. */
  readonly hostname: string;
  readonly publicUrl: string;
}

const MOST_HOSTS = 6;
const MOST_PATHS = 8;
const MOST_PARAMETERS = 10;

/** The likely changes first. */
export function* targetVariants(
  request: RawRequest,
  target: SignedTarget,
  received: Received,
): Iterable<TargetVariant> {
  const hosts = hostsIn(request.headers, received);
  const paths = pathsOf(target.pathname, request.headers, received);
  for (const hostname of hosts) yield { hostname, clue: { code: 'other_host', what: shown(hostname) } };
  for (const pathname of paths) yield { pathname, clue: { code: 'other_path', what: shown(pathname) } };
  yield* withoutUnexpected(request.target);
  const method = target.method === 'GET' ? 'POST' : 'GET';
  yield { method, clue: { code: 'other_method', what: method } };
  for (const accountId of accountsIn(target, received.accountId))
    yield { accountId, clue: { code: 'other_account', what: accountId } };
  yield* otherQueries(request.target);
  for (const hostname of hosts)
    for (const pathname of paths)
      yield { hostname, pathname, clue: { code: 'other_address', what: shown(`${hostname}${pathname}`) } };
  yield* withoutExpected(request.target);
}

function shown(text: string): string {
  return shownText(text, 200);
}

/** The hosts under which the request may have been sent, as far as proxies have kept them. */
function hostsIn(headers: RawRequest['headers'], { hostname, publicUrl }: Received): string[] {
  const forwarded = [...headerOf(headers, 'forwarded').matchAll(/host="?([^;,"\s]+)/gi)].map(
    ([, host]) => host,
  );
  const named = [
    headers['host'],
    ...headerOf(headers, 'x-forwarded-host').split(',').slice(0, 3),
    headers['x-original-host'],
    ...forwarded.slice(0, 2),
  ].flatMap((host) => parsedHost(host));
  const www = hostname.startsWith('www.') ? hostname.slice(4) : `www.${hostname}`;
  // Dintero leaves the port out. It may have been signed nevertheless.
  const all = [...named.flatMap((host) => [host.replace(/:\d+$/, ''), host]), www, new URL(publicUrl).host];
  return [...new Set(all)].filter((host) => host !== hostname).slice(0, MOST_HOSTS);
}

/** Cut: a header that is longer names no address of ours. */
function headerOf(headers: RawRequest['headers'], name: string): string {
  return (headers[name] ?? '').slice(0, 500);
}

/** The host with its port, if there is one; nothing where it is no host. */
function parsedHost(text: string | undefined): string[] {
  const host = text?.trim() ?? '';
  if (!/^[\w.:[\]-]{1,253}$/.test(host) || !URL.canParse(`http://${host}`)) return [];
  return [new URL(`http://${host}`).host];
}

/** The headers in which proxies keep the address before they rewrite it. */
const ORIGINALS = ['x-original-uri', 'x-forwarded-uri', 'x-original-url', 'x-rewrite-url'];

function pathsOf(pathname: string, headers: RawRequest['headers'], { publicUrl }: Received): string[] {
  const { pathname: root } = new URL(publicUrl);
  const prefix = root === '/' ? '' : root;
  const route = pathname.slice(prefix.length);
  const moved = headerOf(headers, 'x-forwarded-prefix');
  const original = ORIGINALS.map((name) => headerOf(headers, name)).map(
    (uri) => uri.split(/[?#]/, 1)[0] ?? '',
  );
  const all = [
    route,
    `${prefix}${pathname}`,
    pathname.endsWith('/') ? pathname.slice(0, -1) : `${pathname}/`,
    ...original,
    ...(moved === '' ? [] : [`${withoutTrailingSlash(moved)}${route}`]),
    pathname.replace(/\/{2,}/g, '/'),
    decoded(pathname),
  ];
  return [...new Set(all)]
    .filter((path) => path !== pathname && path.startsWith('/') && path.length <= 2_000)
    .slice(0, MOST_PATHS);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Parameters of our callback URL, and those that Dintero adds. */
const EXPECTED: ReadonlySet<string> = new Set([
  ...Object.values(KEY_PARAMS),
  'report_error',
  'report_event',
  'transaction_id',
  'session_id',
  'sid',
  'merchant_reference',
  'merchant_reference_2',
  'error',
  'event',
  'event_id',
  'time',
]);

/** All of them at once, since trackers add several; then each alone, since Dintero may have new ones. */
function* withoutUnexpected(target: string): Iterable<TargetVariant> {
  const pairs = pairsOf(target);
  const names = namesOf(pairs).filter((name) => !EXPECTED.has(name));
  if (names.length > 1) yield withoutNames(pairs, names);
  for (const name of names.slice(0, MOST_PARAMETERS)) yield withoutNames(pairs, [name]);
}

/** A proxy may add a parameter that has the name of another one. */
function* withoutExpected(target: string): Iterable<TargetVariant> {
  const pairs = pairsOf(target);
  const names = namesOf(pairs).filter((name) => EXPECTED.has(name));
  for (const name of names.slice(0, MOST_PARAMETERS)) yield withoutNames(pairs, [name]);
}

type Pairs = readonly (readonly [string, string])[];

function pairsOf(target: string): Pairs {
  return [...new URLSearchParams(queryOf(target))];
}

function namesOf(pairs: Pairs): string[] {
  return [...new Set(pairs.map(([name]) => name))];
}

function withoutNames(pairs: Pairs, gone: readonly string[]): TargetVariant {
  const left = new URLSearchParams(pairs.filter(([name]) => !gone.includes(name)).map(([...pair]) => pair));
  left.sort();
  const what = gone
    .slice(0, 5)
    .map((name) => shownText(name, 40))
    .join(', ');
  return { canonicalQuery: left.toString(), clue: { code: 'parameter_added', what } };
}

function queryOf(target: string): string {
  const cut = target.indexOf('?');
  return cut === -1 ? '' : target.slice(cut + 1);
}

/** The query before a proxy wrote it again. */
function* otherQueries(target: string): Iterable<TargetVariant> {
  const query = queryOf(target);
  const canonical = (text: string) => {
    const params = new URLSearchParams(text);
    params.sort();
    return params.toString();
  };
  const variant = (what: string, canonicalQuery: string): TargetVariant => ({
    canonicalQuery,
    clue: { code: 'query_changed', what },
  });
  yield variant('a plus sign was decoded', canonical(query.replaceAll('+', '%2B')));
  yield variant('it was encoded twice', canonical(query.replaceAll('%25', '%')));
  const byValue = [...new URLSearchParams(query)].toSorted(([, left], [, right]) => (left < right ? -1 : 1));
  yield variant('equal names were put in another order', canonical(new URLSearchParams(byValue).toString()));
  yield variant('it is signed as it stands', query);
}

/** The account in the ids of the callback, and the same number in the other mode. */
function accountsIn({ canonicalQuery }: SignedTarget, accountId: string): string[] {
  const params = new URLSearchParams(canonicalQuery);
  const ids = ['session_id', 'transaction_id', 'sid'].map((name) => accountOf(params.get(name) ?? ''));
  const twin = `${accountId.startsWith('T') ? 'P' : 'T'}${accountId.slice(1)}`;
  return [...new Set([...ids, twin])].filter(
    (account) => /^[TP]\d{8}$/.test(account) && account !== accountId,
  );
}
