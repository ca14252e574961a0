/**
 * The merchant's API as the commands call it: the running service does the work, and the command prints the
 * answer.
 */
import type { z } from 'zod';
import { keyFor, SCOPES, type Scope } from '../config/api-keys.ts';
import type { ClientConfig } from '../config/config.ts';
import { problem } from '../api/http/fields.ts';
import { plainLine } from '../lib/terminal-text.ts';
import { fetchFailure } from '../lib/root-of.ts';

/** There is no answer, or it does not come from this service. */
export class ServiceUnreachable extends Error {
  override readonly name = 'ServiceUnreachable';
}

/** The service refused the call; `code` is one of the published problem codes. */
export class ServiceRefused extends Error {
  override readonly name = 'ServiceRefused';
  readonly status: number;
  readonly code: string;
  readonly detail: string;

  constructor(detail: string, is: { status: number; code: string }) {
    super(`${is.code}: ${detail}`);
    this.detail = detail;
    this.status = is.status;
    this.code = is.code;
  }
}

const LIMIT_MS = 20_000;

export interface ServiceApi {
  readonly url: string;
  /** @throws ServiceUnreachable | ServiceRefused */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** @throws ServiceUnreachable | ServiceRefused */
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>;
}

/**
 * Calls the running service at PUBLIC_URL, or at PORT of this machine, with the first key that has one of
 * these scopes.
 */
export function serviceApi(
  config: Pick<ClientConfig, 'PUBLIC_URL' | 'PORT' | 'API_KEYS'>,
  scopes: readonly Scope[] = SCOPES,
): ServiceApi {
  const url = serviceUrl(config);
  const key = keyFor(config.API_KEYS ?? [], scopes);
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  return {
    url,
    get: (path, schema) => call(`${url}${path}`, { headers }, schema),
    post: (path, body, schema) =>
      call(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }, schema),
  };
}

/** The service's address according to the environment. */
export function serviceUrl({ PUBLIC_URL, PORT }: Pick<ClientConfig, 'PUBLIC_URL' | 'PORT'>): string {
  return PUBLIC_URL ?? `http://127.0.0.1:${PORT}`;
}

async function call<T>(url: string, init: RequestInit, schema: z.ZodType<T>): Promise<T> {
  const { origin } = new URL(url);
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(LIMIT_MS) }).catch(
    (error: unknown) => {
      throw new ServiceUnreachable(`no answer from ${origin} (${fetchFailure(error)}); ${ADVICE}`);
    },
  );
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw refusal(origin, response.status, body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ServiceUnreachable(`${origin} answered, but not with the API of paidonce; ${ADVICE}`);
}

const ADVICE =
  'check that the service runs, and set PUBLIC_URL to its origin and API_KEYS to one of its keys';

function refusal(origin: string, status: number, body: unknown): Error {
  const parsed = problem.safeParse(body);
  if (!parsed.success)
    return new ServiceUnreachable(
      `${origin} answered ${status}, but not with the API of paidonce; ${ADVICE}`,
    );
  const { code, detail, errors } = parsed.data;
  const fields = (errors ?? [])
    .map((field) => `\n  ${plainLine(`${field.pointer}: ${field.detail}`)}`)
    .join('');
  const advice = code === 'unauthorized' ? '; set API_KEYS to a key of the service' : '';
  return new ServiceRefused(`${plainLine(detail)}${fields}${advice}`, { status, code });
}
