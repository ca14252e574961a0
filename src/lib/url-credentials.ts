/** URLs that may contain a user and a password: how to call and how to show them. */

/** The parts for `fetch`, which refuses a URL with credentials and repeats the whole URL in its error. */
export interface FetchTarget {
  /** As written, including the last slash and the query, without the credentials. */
  readonly url: string;
  /** The value of an `Authorization` header (basic), if the URL has a user. */
  readonly authorization: string | null;
}

/** Whether a URL has a user name or a password. False for an invalid URL, which gets another error. */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/** Expects a valid URL. */
export function fetchTarget(written: string): FetchTarget {
  if (!hasCredentials(written)) return { url: written, authorization: null };
  const { username, password } = new URL(written);
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    url: written.replace(CREDENTIALS, '$1'),
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** The URL as it may be shown: without credentials, and without the query, which may contain a token. */
export function shownUrl(written: string): string {
  return written.replace(CREDENTIALS, '$1').replace(/[?#].*$/s, '');
}

/** The part between the scheme and the last `@` before the path. */
const CREDENTIALS = /^([a-z]+:\/\/)[^/?#]*@/i;

/** A password with a single `%` that is not an escape is used as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
