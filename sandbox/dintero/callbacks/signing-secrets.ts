import { randomBytes } from 'node:crypto';
import type { Journal } from '../../records/journal.ts';
import type { Entry } from '../records/dintero-entry.ts';
import { shortId } from '../records/ids-and-times.ts';

export interface Rotation {
  readonly id: string;
  readonly secret: string;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Until then the previous secret still signs. */
  readonly signsFromMs: number;
}

/** The secrets that sign callbacks: those of the environment, then those made by rotation. */
export class SigningSecrets {
  readonly #configured: readonly string[];
  readonly #journal: Journal;
  #rotations: Rotation[] = [];

  constructor(configured: readonly string[], journal: Journal) {
    this.#configured = configured;
    this.#journal = journal;
  }

  /** The secrets at a time, newest first: the first one signs, the second is the old one. */
  at(nowMs: number): readonly string[] {
    const inForce = this.#rotations.filter(({ signsFromMs }) => signsFromMs <= nowMs);
    return [...inForce.map(({ secret }) => secret).reverse(), ...this.#configured];
  }

  /** The newest secret, even if it does not sign yet. */
  current(): Omit<Rotation, 'signsFromMs'> {
    const configured = { id: 'configured', secret: this.#configured[0] ?? '', createdBy: 'configuration' };
    return this.#rotations.at(-1) ?? { ...configured, createdAt: '2026-01-01T00:00:00.000Z' };
  }

  /** Creates a new secret, which signs after `overlapMs`. */
  rotate(by: string, overlapMs: number): Rotation {
    const rotation = {
      id: shortId(),
      secret: randomBytes(24).toString('base64url'),
      createdAt: new Date().toISOString(),
      createdBy: by,
      signsFromMs: Date.now() + overlapMs,
    };
    this.#rotations.push(rotation);
    this.#journal.mark(this.#entry());
    return rotation;
  }

  clear(): void {
    this.#rotations = [];
  }

  replay(entry: Entry): void {
    if (entry.kind === 'secrets') this.#rotations = [...entry.record];
  }

  *entries(): Generator<Entry> {
    if (this.#rotations.length > 0) yield this.#entry();
  }

  #entry(): Entry {
    return { kind: 'secrets', id: 'secrets', record: this.#rotations };
  }
}
