import { randomBytes } from 'node:crypto';

/** Access tokens given out by this process. A restart forgets them, as a revoked client would find. */
export class Tokens {
  readonly #expiresAtMs = new Map<string, number>();

  issue(seconds: number): string {
    this.#forgetExpired();
    const token = randomBytes(32).toString('base64url');
    this.#expiresAtMs.set(token, Date.now() + seconds * 1_000);
    return token;
  }

  isValid(token: string): boolean {
    return (this.#expiresAtMs.get(token) ?? 0) > Date.now();
  }

  clear(): void {
    this.#expiresAtMs.clear();
  }

  #forgetExpired(): void {
    for (const [token, atMs] of this.#expiresAtMs) if (atMs <= Date.now()) this.#expiresAtMs.delete(token);
  }
}
