/** The processes of the service, as they report themselves. */
import { z } from 'zod';
import { fingerprintOf } from '../../lib/fingerprint.ts';
import type { ProcessRow } from '../../store/processes.ts';
import type { Poller } from '../../temporal/pollers.ts';
import { timestamp } from '../http/fields.ts';

const processView = z
  .object({
    id: z.string().meta({ description: 'New at each start; the log of the process names it at its start' }),
    roles: z.array(z.enum(['api', 'worker'])),
    state: z.enum(['running', 'gone']).meta({
      description:
        '`gone`: not seen for 90 seconds, though it did not stop by itself: it was killed, or its store is away',
    }),
    host: z
      .string()
      .meta({ description: 'The first 8 digits of the SHA-256 of the host’s name: equal on the same host' }),
    pid: z.int(),
    version: z.string(),
    build: z.string().nullable().meta({ description: 'TEMPORAL_WORKER_BUILD_ID' }),
    node: z.string().meta({ description: 'The version of Node.js' }),
    startedAt: timestamp,
    seenAt: timestamp.meta({ description: 'It reports itself every 30 seconds' }),
    memoryBytes: z.int().meta({ description: 'Resident memory at that time' }),
    polls: z.boolean().nullable().meta({
      description:
        'Whether it polls for workflow tasks, as Temporal sees it. Null if it is no worker, or if Temporal does not answer',
    }),
  })
  .meta({ id: 'Process' });

export const processesAnswer = z.object({ data: z.array(processView) });

const GONE_AFTER_MS = 90_000;

/** `pollers`: null where Temporal does not answer. */
export function viewProcess(
  { role, startedAt, seenAt, ...row }: ProcessRow,
  pollers: readonly Poller[] | null,
  now: Date,
): z.infer<typeof processView> {
  const roles = (['api', 'worker'] as const).filter((one) => role.split('+').includes(one));
  const isKnown = pollers !== null && roles.includes('worker');
  return {
    ...row,
    roles,
    state: now.getTime() - seenAt.getTime() > GONE_AFTER_MS ? 'gone' : 'running',
    startedAt: startedAt.toISOString(),
    seenAt: seenAt.toISOString(),
    polls: isKnown ? pollers.some((poller) => isOf(poller, row)) : null,
  };
}

/** The SDK names a process `pid@host`. */
function isOf({ identity }: Poller, { pid, host }: Pick<ProcessRow, 'pid' | 'host'>): boolean {
  const at = identity.indexOf('@');
  return identity.slice(0, at) === String(pid) && fingerprintOf(identity.slice(at + 1)) === host;
}

export const processesExample: z.infer<typeof processesAnswer> = {
  data: [
    {
      id: 'prc_019d9f3a51c0a1b2c3d4e5f60718',
      roles: ['worker'],
      state: 'running',
      host: '5f2b8e07',
      pid: 41,
      version: '0.1.0',
      build: 'b42',
      node: '20.19.2',
      startedAt: '2026-11-22T06:00:02.114Z',
      seenAt: '2026-11-22T09:04:48.310Z',
      memoryBytes: 212_430_848,
      polls: true,
    },
  ],
};
