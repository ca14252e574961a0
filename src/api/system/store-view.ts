/** The store: its schema, its size, and how long its disk lasts. */
import { statfs } from 'node:fs/promises';
import { z } from 'zod';
import type { Service } from '../../service.ts';
import { readSchemaState } from '../../store/schema-state.ts';
import { readStoreSize } from '../../store/store-size.ts';

const bytes = z.int();

export const storeAnswer = z
  .object({
    kind: z.enum(['embedded', 'postgresql']),
    migrations: z.object({
      state: z.enum(['older', 'current', 'newer']).meta({
        description:
          '`older`: run `paidonce migrate`. `newer`: a newer version was deployed, or is being deployed',
      }),
      applied: z.int(),
      expected: z.int().meta({ description: 'How many the version that answers knows' }),
    }),
    bytes: bytes.meta({ description: 'The size of the database on its disk' }),
    growthBytesPerDay: bytes.nullable().meta({
      description:
        'Over the last seven days; null until the size is known for an hour. Negative if it shrinks',
    }),
    freeBytes: bytes
      .nullable()
      .meta({ description: 'Free on the disk of the embedded store; null where that is not known' }),
    daysUntilFull: z
      .number()
      .nullable()
      .meta({ description: 'At this growth; null where either is not known, or where it does not grow' }),
  })
  .meta({ id: 'SystemStore' });

/** @throws where the store does not answer */
export async function describeStore({
  store: { db, kind },
  config: { DATA_DIR: folder },
}: Pick<Service, 'store' | 'config'>): Promise<z.infer<typeof storeAnswer>> {
  const [{ state, done, known }, size, freeBytes] = await Promise.all([
    readSchemaState(db),
    readStoreSize(db),
    kind === 'embedded' ? freeAt(folder) : null,
  ]);
  return {
    kind,
    migrations: { state, applied: done, expected: known },
    ...size,
    freeBytes,
    daysUntilFull: daysUntilFull(freeBytes, size.growthBytesPerDay),
  };
}

/** Null where there is no folder, as for a store in memory. */
async function freeAt(folder: string): Promise<number | null> {
  const found = await statfs(folder).catch(() => null);
  return found === null ? null : found.bavail * found.bsize;
}

function daysUntilFull(free: number | null, growth: number | null): number | null {
  return free === null || growth === null || growth <= 0 ? null : Math.floor((free / growth) * 10) / 10;
}

export const storeExample: z.infer<typeof storeAnswer> = {
  kind: 'embedded',
  migrations: { state: 'current', applied: 31, expected: 31 },
  bytes: 41_288_703,
  growthBytesPerDay: 1_204_224,
  freeBytes: 21_474_836_480,
  daysUntilFull: 17_832.9,
};
