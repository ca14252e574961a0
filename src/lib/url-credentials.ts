/** URLs that may hold a user and a password: as they are called, and as they may be shown. */

/** What `fetch` is given: it takes no credentials in a URL, and names the whole URL in its refusal. */
export interface FetchTarget {
  /** As written, last slash and query included, without the credentials. */
  readonly url: string;
  /** The value of an `Authorization` header (basic), where the URL has a user. */
  readonly authorization: string | null;
}

/** Whether a URL has a user name or a password in it; false for what is no URL, which is another complaint. */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** Of a valid URL. */
export function fetchTarget(written: string): FetchTarget {
  if (!hasCredentials(written)) return { url: written, authorization: null };
  const { username, password } = new URL(written);
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    url: written.replace(CREDENTIALS, '$1'),
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** The URL as people may see it: no credentials, and no query, which may hold a token. */
export function shownUrl(written: string): string {
  return written.replace(CREDENTIALS, '$1').replace(/[?#].*$/s, '');
}

/** What stands between the scheme and the last `@` before the path. */
const CREDENTIALS = /^([a-z]+:\/\/)[^/?#]*@/i;

/** A password with a lone `%` is meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
