/** Reads docs/paidonce.http as the HTTP clients of editors do, as far as its form needs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CollectedRequest {
  /** The text after `###`. */
  readonly title: string;
  readonly method: string;
  /** With `{{variables}}`, like the rest. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const FILE = join(import.meta.dirname, '..', '..', '..', 'docs', 'paidonce.http');

/** The names of the variables at the top, and the requests in their order. */
export function readCollection(): { variables: string[]; requests: CollectedRequest[] } {
  const [head = '', ...parts] = readFileSync(FILE, 'utf8').split(/^### /m);
  const variables = [...head.matchAll(/^@(\w+) = \S+$/gm)].map(([, name = '']) => name);
  return { variables, requests: parts.map(parse) };
}

function parse(part: string): CollectedRequest {
  const [, title = '', request = '', lines = '', body = ''] =
    /^(.+)\n([A-Z]+ \S+)\n((?:[\w-]+: .+\n)*)\s*([^]*)$/.exec(part) ?? [];
  const [method = '', url = ''] = request.split(' ');
  const headers = Object.fromEntries(lines.split('\n').flatMap((line) => (line ? [line.split(': ')] : [])));
  return { title, method, url, headers, body: body.trim() || undefined };
}

/** Fills in the variables. Throws where one has no value. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`docs/paidonce.http uses {{${name}}}, which has no value here`);
    return value;
  });
}
