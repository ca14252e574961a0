import type { ApiKey } from '../config/api-keys.ts';
import { isSame } from './sign-in.ts';

/** The link that `npm start` prints, so that a developer need not copy a key. */
export interface OneTimeLink {
  /** The key that it signs in with; null where it is not the link of this start, or was used. */
  take(given: string | undefined): ApiKey | null;
}

/** `token` is random and of this start; without one there is no link. */
export function createOneTimeLink(token: string | undefined, apiKeys: readonly ApiKey[]): OneTimeLink {
  const key = apiKeys.find(({ scopes }) => scopes.includes('admin'));
  let isUsed = token === undefined || key === undefined;
  return {
    take(given) {
      if (isUsed || given === undefined || !isSame(given, token ?? '')) return null;
      isUsed = true;
      return key ?? null;
    },
  };
}
