/** One child that is kept alive: it is restarted when it dies, and given up if restarting does not help. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  hasEnded,
  killGroup,
  startChild,
  stopChild,
  untilAnswers,
  type ChildSpec,
} from '../kit/tied-child.js';

/** A child keeps dying or never answers: continuing would only hide that. */
export class ChildKeepsDying extends Error {
  override readonly name = 'ChildKeepsDying';
}

/** A child exited with 2: it can't run with this configuration, and its output says why. */
export class ChildRefused extends Error {
  override readonly name = 'ChildRefused';
}

export interface ChildEvents {
  /** Prints a text for a person. */
  readonly say: (text: string) => void;
  /** A line of the child's standard error. */
  readonly complaint: (name: string, text: string) => void;
  readonly spawned: (name: string, pid: number) => void;
}

export interface SupervisedChild {
  /** Resolves when the child answers for the first time. @throws ChildKeepsDying | ChildRefused */
  readonly ready: Promise<void>;
  /** Never resolves. @throws ChildKeepsDying | ChildRefused */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const MOST_DEATHS = 5;
const WITHIN_MS = 60_000;
const MOST_WORDS = 12;
const CONFIGURATION = 2;

/** Starts the child and keeps it alive until `stop`. */
export function superviseChild(spec: ChildSpec, events: ChildEvents): SupervisedChild {
  const life = new Life(spec, events);
  const ready = new Promise<void>((resolve) => {
    life.onAnswer = resolve;
  });
  const failed = life.run();
  failed.catch(() => undefined);
  return { ready: Promise.race([ready, failed]), failed, stop: () => life.stop() };
}

class Life {
  onAnswer: () => void = () => undefined;
  readonly #spec: ChildSpec;
  readonly #events: ChildEvents;
  readonly #deaths: number[] = [];
  readonly #lastWords: string[] = [];
  readonly #stopped = new AbortController();
  #child: ChildProcess | null = null;
  #hasAnswered = false;
  #isAnswering = false;

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  async run(): Promise<never> {
    for (;;) {
      const how = await this.#live();
      if (this.#stopped.signal.aborted) return new Promise<never>(() => undefined);
      const deaths = this.#countDeath(how);
      this.#events.say(`${this.#spec.name} died (${how}); starting it again`);
      await sleep(100 * 2 ** deaths, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    if (this.#child !== null) await stopChild(this.#child);
  }

  /** Runs the child once, from start to end. Returns how it ended. */
  async #live(): Promise<string> {
    if (this.#stopped.signal.aborted) return '';
    const { name } = this.#spec;
    const child = startChild(
      this.#spec,
      (text) => this.#hear(text),
      (text) => this.#hearError(text),
    );
    this.#child = child;
    if (child.pid !== undefined) this.#events.spawned(name, child.pid);
    const ended = endOf(child);
    this.#isAnswering = false;
    const unanswered = await untilAnswers(this.#spec, child).then(
      () => null,
      (error: Error) => error.message,
    );
    if (unanswered === null) this.#answered();
    else if (!hasEnded(child)) return this.#giveUpWaiting(child, unanswered);
    const how = await ended;
    // Processes that the child has started must not run beside its successor.
    killGroup(child);
    if (child.exitCode === CONFIGURATION && !this.#stopped.signal.aborted) {
      throw new ChildRefused(`${name} can't run with this configuration${this.#words()}`);
    }
    return how;
  }

  #answered(): void {
    if (this.#hasAnswered) this.#events.say(`${this.#spec.name} is back`);
    this.#hasAnswered = true;
    this.#isAnswering = true;
    this.onAnswer();
  }

  #giveUpWaiting(child: ChildProcess, why: string): string {
    if (this.#stopped.signal.aborted) return why;
    killGroup(child);
    if (!this.#hasAnswered) throw new ChildKeepsDying(`${why}${this.#words()}`);
    return why;
  }

  /**
   * A SIGKILL of a healthy child is not counted as a crash: a person may try `kill -9` as often as they like.
   */
  #countDeath(how: string): number {
    if (how !== 'SIGKILL' || !this.#isAnswering) this.#deaths.push(Date.now());
    const recent = this.#deaths.filter((at) => at > Date.now() - WITHIN_MS).length;
    if (recent < MOST_DEATHS) return recent;
    throw new ChildKeepsDying(
      `${this.#spec.name} died ${recent} times within a minute (${how})${this.#words()}`,
    );
  }

  #hear(text: string): void {
    this.#lastWords.push(text);
    if (this.#lastWords.length > MOST_WORDS) this.#lastWords.shift();
  }

  #hearError(text: string): void {
    this.#hear(text);
    this.#events.complaint(this.#spec.name, text);
  }

  #words(): string {
    return this.#lastWords.length === 0 ? '' : `; its last output:\n  ${this.#lastWords.join('\n  ')}`;
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
}
