import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** For the whole exchange up to the status line. */
  readonly timeoutMs: number;
}

export type Outcome = { readonly status: number } | { readonly status: null; readonly error: string };

/** Sends over kept-alive connections; never throws, never follows a redirect. */
export class Sender {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(maxConnections: number) {
    const options = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: 20 };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  async send(outgoing: Outgoing): Promise<Outcome> {
    const first = await this.#once(outgoing);
    // The other side closed an idle connection just as it was used. Nothing was delivered, so this does not
    // count as an attempt.
    return first === 'stale connection' ? this.#settled(await this.#once(outgoing)) : first;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #settled(outcome: Outcome | 'stale connection'): Outcome {
    return outcome === 'stale connection' ? { status: null, error: 'ECONNRESET' } : outcome;
  }

  #once(outgoing: Outgoing): Promise<Outcome | 'stale connection'> {
    return new Promise((resolve) => {
      const secure = outgoing.url.startsWith('https:');
      const options: RequestOptions = { ...optionsOf(outgoing), agent: secure ? this.#https : this.#http };
      const request = (secure ? httpsRequest : httpRequest)(outgoing.url, options, (response) => {
        clearTimeout(timer);
        // Read to the end, so that the connection can be reused; a broken body does not change the result.
        response.on('error', () => {}).resume();
        resolve({ status: response.statusCode ?? 0 });
      });
      const timer = setTimeout(() => request.destroy(new Error('timed out')), outgoing.timeoutMs);
      request.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const stale = request.reusedSocket && error.code === 'ECONNRESET';
        resolve(stale ? 'stale connection' : { status: null, error: error.code ?? error.message });
      });
      request.end(outgoing.body);
    });
  }
}

function optionsOf({ method, headers, body }: Outgoing): RequestOptions {
  if (body === undefined) return { method, headers };
  const length = Buffer.byteLength(body).toString();
  return { method, headers: { ...headers, 'content-type': 'application/json', 'content-length': length } };
}
