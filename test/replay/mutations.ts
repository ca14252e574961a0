/**
 * Puts small faults into workflow code, one at a time, and replays the stored histories on each. Every fault must
 * be noticed.
 *
 *     npx tsx test/replay/mutations.ts                         50 of them, always the same
 *     npx tsx test/replay/mutations.ts --seed 7 --count 200    others, and as many
 *     npx tsx test/replay/mutations.ts --of src/domain/callback.ts:33    all in a file, or in one line of it
 *
 * Ends with 1 when a fault survives that exceptions.ts does not name.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import { quietRuntime } from '../support/workers.ts';
import { EQUIVALENT, exceptionFor } from './exceptions.ts';
import { allMutants, someMutants, type Mutant } from './mutants.ts';
import { changedSources, firstFault, ROOT, storedHistories } from './replaying.ts';
import { sourceLine } from './sources.ts';

/**
 * A fault may keep a workflow running for ever, and its process with it. No history takes this long, and no
 * bundle.
 */
const LONGEST_MS = 45_000;
/** The message of a replaying process about each history that it has replayed. */
const REPLAYED = 'replayed';

async function playAll(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '9' },
      count: { type: 'string', default: '50' },
      of: { type: 'string', multiple: true },
    },
  });
  const { seed, count, of } = values;
  const all = allMutants(ROOT);
  const isMeant = ({ file, line }: Mutant) => of?.some((place) => [file, `${file}:${line}`].includes(place));
  const chosen = of === undefined ? someMutants(all, Number(seed), Number(count)) : all.filter(isMeant);
  const replayer = new Replayer();
  const unnoticed: Mutant[] = [];
  for (const [index, mutant] of chosen.entries()) {
    const noticedBy = await replayer.play(mutant);
    const { file, from, to } = mutant;
    const reason = exceptionFor(EQUIVALENT, file, sourceLine(ROOT, mutant), `${from} → ${to}`)?.reason;
    if (noticedBy === null && reason === undefined) unnoticed.push(mutant);
    const seen = noticedBy === null ? `GREEN, ${reason ?? 'and no reason is known'}` : `red by ${noticedBy}`;
    process.stdout.write(`${String(index + 1).padStart(3)} ${words(mutant)}\n    ${seen}\n`);
  }
  replayer.end();
  process.stdout.write(
    `${chosen.length} of ${all.length} faults (${of?.join(', ') ?? `seed ${seed}`}), ${unnoticed.length} unnoticed without a reason\n`,
  );
  process.exitCode = unnoticed.length === 0 ? 0 : 1;
}

function words({ file, line, from, to }: Mutant): string {
  return `${file}:${line}  ${from}  →  ${to}`;
}

/** A process that replays. When a fault has stopped it, another one is started. */
class Replayer {
  #child: ChildProcess | null = null;

  /** The history that notices the fault; null where none does. */
  play(mutant: Mutant): Promise<string | null> {
    const child = (this.#child ??= fork(import.meta.filename));
    return new Promise((settle) => {
      const stop = (noticedBy: string): void => {
        child.removeAllListeners();
        child.kill('SIGKILL');
        this.#child = null;
        clearTimeout(timer);
        settle(noticedBy);
      };
      const timer = setTimeout(() => stop('its never coming to rest'), LONGEST_MS);
      child.once('exit', () => stop('the end of its process'));
      child.on('message', (said: string | { readonly noticedBy: string | null }) => {
        if (typeof said === 'string') return void timer.refresh();
        const { noticedBy } = said;
        child.removeAllListeners();
        clearTimeout(timer);
        settle(noticedBy);
      });
      child.send(mutant);
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
  }
}

/** The process itself: gets a fault, and returns the name of the history that notices it. */
async function replayWhatIsSent(): Promise<void> {
  quietRuntime();
  const [histories, sources] = await Promise.all([storedHistories(), changedSources()]);
  const noticedBy = async ({ file, text }: Mutant): Promise<string | null> => {
    const fault = await firstFault(await sources.bundle(file, text), histories, () => {
      process.send?.(REPLAYED);
    });
    return fault?.name ?? null;
  };
  process.on('message', (mutant: Mutant) => {
    const told = noticedBy(mutant).catch((error: unknown) => `what does not compile: ${String(error)}`);
    void told.then((name) => process.send?.({ noticedBy: name }));
  });
}

if (process.send === undefined) await playAll();
else await replayWhatIsSent();
