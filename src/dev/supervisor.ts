/** Starts children in order, restarts one that dies, stops all together: nothing is ever half alive. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded, startChild, stopChild, untilAnswers, type ChildSpec } from './child.ts';

/** A child keeps dying: going on would only hide it. */
export class ChildKeepsDying extends Error {
  override readonly name = 'ChildKeepsDying';
}

const MOST_DEATHS = 5;
const WITHIN_MS = 60_000;

export interface Supervisor {
  /** Starts the next child and waits until it answers. */
  start(spec: ChildSpec): Promise<void>;
  /** Stops all, the last started first. */
  stop(): Promise<void>;
  /** Rejects with ChildKeepsDying. */
  readonly failed: Promise<never>;
}

interface Supervised {
  readonly spec: ChildSpec;
  child: ChildProcess;
  readonly deaths: number[];
  readonly lastLines: string[];
}

/** `say` is told in plain words what happens; `line` gets the children's own output. */
export function createSupervisor(
  say: (text: string) => void,
  line: (name: string, text: string) => void,
): Supervisor {
  const all: Supervised[] = [];
  let isStopping = false;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);

  function launch(spec: ChildSpec, lastLines: string[]): ChildProcess {
    return startChild(spec, (text) => {
      lastLines.push(text);
      if (lastLines.length > 20) lastLines.shift();
      line(spec.name, text);
    });
  }

  function watch(supervised: Supervised): void {
    supervised.child.once('exit', (code, signal) => {
      if (!isStopping) void revive(supervised, signal ?? `exit code ${code}`);
    });
  }

  async function revive(supervised: Supervised, how: string): Promise<void> {
    const { spec, deaths, lastLines } = supervised;
    deaths.push(Date.now());
    const recent = deaths.filter((at) => at > Date.now() - WITHIN_MS).length;
    if (recent >= MOST_DEATHS) {
      const words = lastLines.slice(-5).join('\n  ');
      return fail(
        new ChildKeepsDying(
          `${spec.name} died ${recent} times within a minute (${how}); its last words:\n  ${words}`,
        ),
      );
    }
    say(`${spec.name} died (${how}); starting it again`);
    await sleep(Math.min(2_000, 100 * 2 ** recent));
    if (isStopping) return;
    supervised.child = launch(spec, lastLines);
    watch(supervised);
    await untilAnswers(spec, supervised.child).then(
      () => say(`${spec.name} is back`),
      (error: Error) => (hasEnded(supervised.child) || isStopping ? undefined : say(error.message)),
    );
  }

  return {
    failed,
    async start(spec) {
      const lastLines: string[] = [];
      const supervised = { spec, child: launch(spec, lastLines), deaths: [], lastLines };
      all.push(supervised);
      try {
        await untilAnswers(spec, supervised.child);
      } catch (error) {
        const words = lastLines.slice(-8).join('\n  ');
        throw new Error(`${(error as Error).message}${words === '' ? '' : `; its last words:\n  ${words}`}`, {
          cause: error,
        });
      }
      watch(supervised);
      if (hasEnded(supervised.child)) void revive(supervised, 'at once');
    },
    async stop() {
      isStopping = true;
      for (const { child } of all.toReversed()) await stopChild(child);
    },
  };
}
