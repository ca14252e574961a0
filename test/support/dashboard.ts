/** A person in front of the dashboard, without a browser: a cookie, pages, forms and streams. */
import { get, type IncomingMessage } from 'node:http';
import { sendRaw, type Answer } from './api.ts';

const HOST = 'pay.example';

/** The stream that keeps a page up to date. */
export interface Followed {
  readonly response: IncomingMessage;
  /** Of each frame, the parts that it replaces, by their ids. */
  readonly frames: Readonly<Record<string, string>>[];
  readonly ended: Promise<void>;
}

export class Visitor {
  readonly #port: number;
  readonly #cookies = new Map<string, string>();

  constructor({ port }: { readonly port: number }) {
    this.#port = port;
  }

  /** Signed in. */
  static async signedIn(at: { readonly port: number }, key: string, name = 'Ada'): Promise<Visitor> {
    const visitor = new Visitor(at);
    const answer = await visitor.signIn(key, name);
    if (answer.status !== 303)
      throw new Error(`the sign-in was answered with ${answer.status}: ${answer.text}`);
    return visitor;
  }

  signIn(key: string, name: string, more: Record<string, string> = {}): Promise<Answer> {
    return this.post('/login', { key, name, ...more });
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', path, { headers });
  }

  async post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = String(new URLSearchParams(form));
    return this.#send('POST', path, {
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  }

  /** The fields of the form of a page whose action ends with this, as they are filled in. */
  async formOf(path: string, action = path): Promise<Record<string, string>> {
    const { text } = await this.get(path);
    const target = action.split('?')[0] ?? '';
    const forms = [...text.matchAll(/<form method="post" action="([^"]+)"[^>]*>(.*?)<\/form>/gs)];
    const form = forms.find(([, at = '']) => at.endsWith(target));
    if (form === undefined) throw new Error(`no form for ${target} at ${path}: ${text}`);
    const inputs = [...(form[2] ?? '').matchAll(/<input ([^>]*)\/?>/g)].map(
      ([, attributes = '']) => attributes,
    );
    const value = (attributes: string, name: string) =>
      new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
    return Object.fromEntries(
      inputs.map((one) => [value(one, 'name') ?? '', unescaped(value(one, 'value') ?? '')]),
    );
  }

  /** Looks at a page until the response is destroyed. */
  async follow(page: string): Promise<Followed> {
    const path = `/dashboard/live?${new URLSearchParams({ page })}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port: this.#port, path, headers: { host: HOST, ...this.#cookie() } }, resolve).once(
        'error',
        reject,
      );
    });
    const frames: Record<string, string>[] = [];
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const events = `${text}${chunk}`.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events)
        if (event.startsWith('data: '))
          frames.push((JSON.parse(event.slice('data: '.length)) as { parts: Record<string, string> }).parts);
    });
    const ended = new Promise<void>((resolve) => response.once('close', () => resolve()));
    return { response, frames, ended };
  }

  #cookie(): { cookie?: string } {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  async #send(
    method: string,
    path: string,
    sent: { body?: string; headers: Record<string, string> },
  ): Promise<Answer> {
    const headers = { host: HOST, ...this.#cookie(), ...sent.headers };
    const answer = await sendRaw(this.#port, method, `/dashboard${path}`, { ...sent, headers });
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(name, value);
    }
    return answer;
  }
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
