import { platform } from 'node:os';
import { parseArgs } from 'node:util';
import type { RoundSizes } from './measure/rounds.ts';

export interface Options {
  readonly json: string | undefined;
  readonly sizes: Sizes;
}

export interface Sizes {
  readonly isQuick: boolean;
  readonly rounds: RoundSizes;
  /** Number of sessions. A figure about one order is their median. */
  readonly probes: number;
  /** Sessions whose updates hang at the shop. */
  readonly hanging: number;
  /** Openings, and other payments whose reads hang meanwhile. */
  readonly openings: number;
  readonly hangingReads: number;
  /** How long orders come while a worker is killed; 0 skips this measurement. */
  readonly recoverySeconds: number;
  /** A quick run skips the figures below. */
  readonly swept: number;
  readonly idleOpen: number;
  readonly idleSeconds: number;
  readonly remembered: number;
}

const QUICK: Sizes = {
  isQuick: true,
  rounds: { rounds: 2, warmUp: 100, alone: 20, busy: 80 },
  probes: 25,
  hanging: 40,
  openings: 40,
  hangingReads: 120,
  recoverySeconds: 0,
  swept: 0,
  idleOpen: 0,
  idleSeconds: 0,
  remembered: 0,
};

const FULL: Sizes = {
  isQuick: false,
  rounds: { rounds: 4, warmUp: 200, alone: 40, busy: 200 },
  probes: 100,
  hanging: 100,
  openings: 100,
  hangingReads: 300,
  recoverySeconds: 31,
  swept: 2_000,
  idleOpen: 1_000,
  idleSeconds: 30,
  remembered: 2_000,
};

/** How often the parts take their turn where two builds are compared. */
export const COMPARED: RoundSizes = { ...FULL.rounds, rounds: 5 };

/** `--json FILE` and `--quick`. For anything else, ends the process with 2 and says why. */
export function readOptions(args: readonly string[]): Options {
  const options = { json: { type: 'string' }, quick: { type: 'boolean', default: false } } as const;
  try {
    if (platform() !== 'linux')
      throw new Error('CPU and memory are read from /proc, so it runs on Linux only');
    const { values } = parseArgs({ args: [...args], options });
    return { json: values.json, sizes: values.quick ? QUICK : FULL };
  } catch (error) {
    process.stderr.write(
      `bench: ${(error as Error).message}\nusage: npm run bench -- [--quick] [--json FILE]\n`,
    );
    process.exit(2);
  }
}
