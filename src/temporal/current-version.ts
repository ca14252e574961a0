/**
 * With Worker Versioning only the current version gets new runs. If no process polls for it, no session can
 * be opened.
 */
import type { Connection } from '@temporalio/client';
import { remembered } from '../lib/remembered.ts';
import { readVersions } from './versions.ts';

const ASKED_EVERY_MS = 15_000;

export interface CurrentVersion {
  /** Empty where no version is current. */
  readonly buildId: string;
  /** The number of processes that poll for it. */
  readonly pollers: number;
}

/**
 * The deployment's current version. Null where there is no such deployment, so that its workers are not versioned.
 * Calls Temporal at most once in 15 s, however often the reader is called. @throws where Temporal does not answer
 */
export function currentVersionReader(
  connection: Connection,
  config: Parameters<typeof readVersions>[1],
): () => Promise<CurrentVersion | null> {
  return remembered(ASKED_EVERY_MS, async () => {
    const { versions, current: buildId } = await readVersions(connection, config);
    if (versions === null) return null;
    return { buildId, pollers: versions.find((version) => version.buildId === buildId)?.pollers ?? 0 };
  });
}
