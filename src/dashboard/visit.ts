import { PaidonceConnectionError, PaidonceError, type PaidonceClient } from '@paidonce/client';
import { allows, type Scope } from '../config/api-keys.ts';
import type { SignedIn } from './sign-in.ts';

/** A signed-in person who looks at a page, and the API that the page is made with. */
export interface Visit {
  readonly who: SignedIn;
  /** Calls with the person's key: what the key may not do, the page can't. */
  readonly api: PaidonceClient;
  /** Where the dashboard is: `/dashboard`, below the path of PUBLIC_URL. */
  readonly base: string;
  readonly now: Date;
}

export function may({ who }: Visit, ...scopes: readonly Scope[]): boolean {
  return allows(who.key, scopes);
}

/** A part of a page that was loaded, or the reason why it is missing. */
export type Part<Data> =
  | { readonly data: Data; readonly trouble?: undefined }
  | { readonly data?: undefined; readonly trouble: Trouble };

export interface Trouble {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/** The rest of a page is shown where one call is not answered. Not found is the whole page's answer. */
export async function part<Data>(asked: Promise<Data>): Promise<Part<Data>> {
  try {
    return { data: await asked };
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === null || trouble.status === 404) throw error;
    return { trouble };
  }
}

/** Null for an error that no call of the API has sent. */
export function troubleOf(error: unknown): Trouble | null {
  if (error instanceof PaidonceConnectionError)
    return {
      status: 503,
      code: 'no_answer',
      text: 'the API did not answer in time: the store or Temporal may hang',
    };
  if (!(error instanceof PaidonceError)) return null;
  const fields = error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  const text = fields === '' ? error.message : `${error.message} (${fields})`;
  return { status: error.status, code: error.code, text };
}
