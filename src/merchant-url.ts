/** ORDER_WEBHOOK_URL as it is called, and as it may be shown. Contract §2. */

import { hasCredentials } from './url-credentials.ts';

export interface MerchantTarget {
  /** As written, last slash and query included, without the credentials: `fetch` takes none in a URL, and names the whole URL in its refusal. */
  readonly url: string;
  /** Basic authentication, where the URL has a user. */
  readonly authorization: string | null;
}

/** Of a URL that the configuration has accepted. */
export function merchantTarget(written: string): MerchantTarget {
  if (!hasCredentials(written)) return { url: written, authorization: null };
  const { username, password } = new URL(written);
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    url: written.replace(CREDENTIALS, '$1'),
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** Where it leads, for people: no credentials and no query, which may hold a token. */
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
