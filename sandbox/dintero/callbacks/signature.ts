import { createHmac } from 'node:crypto';

interface Signed {
  readonly secret: string;
  /** Including the T or P. */
  readonly account: string;
  readonly method: string;
  readonly url: string;
  /** Unix seconds. */
  readonly t: number;
}

/**
 * The six lines that Dintero signs: the host without port, and the query sorted by name. Equal names keep
 * their order.
 */
export function signedText({ account, method, url, t }: Omit<Signed, 'secret'>): string {
  const { hostname, pathname, searchParams } = new URL(url);
  searchParams.sort();
  return [t, account, method, hostname, pathname, searchParams.toString()].join('\n');
}

/** The value of the header `Dintero-Signature`. */
export function signatureHeader(signed: Signed): string {
  const digest = createHmac('sha256', signed.secret).update(signedText(signed)).digest('hex');
  return `t=${signed.t},v0-hmac-sha256=${digest}`;
}
