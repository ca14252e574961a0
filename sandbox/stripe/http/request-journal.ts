import { appendFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';

/** A request of Stripe's API, without its key. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Encoded, without the question mark. */
  readonly query: string;
  readonly form: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Appends a request to this process's file of the folder, as a line of JSON. At the end of a run of the tests,
 * such lines are shown to stripe-mock. Without a folder nothing is written.
 */
export function noteRequest(folder: string | undefined, { headers, ...request }: ReceivedRequest): void {
  if (folder === undefined) return;
  const { 'user-agent': userAgent, 'stripe-version': version, 'content-type': contentType } = headers;
  const line = JSON.stringify({ ...request, userAgent, version, contentType });
  appendFileSync(join(folder, `${process.pid}.jsonl`), `${line}\n`);
}
