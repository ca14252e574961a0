/**
 * Services beside one another. A process of each is killed at one point after another; all share one
 * Temporal, sandbox and merchant.
 */
import type { CrashPoint } from '../../../src/crash-points.ts';
import { STORIES, type StoryName } from './crash-stories.ts';
import type { Story } from './crash-story.ts';
import { factsOf, toldOf } from './facts.ts';
import { newOrder } from './shop.ts';
import { startStack, type Role, type Stack } from './stack.ts';
import { until } from './until.ts';

/** Where an order's process dies: at the point, at this number of passes. */
export interface CrashCase {
  readonly point: CrashPoint;
  readonly story: StoryName;
  readonly pass: number;
  /** Where the process must die first, so that the story passes the point. */
  readonly first?: CrashPoint;
  /** It can't be known whether the operation was sent. */
  readonly isUnknown: boolean;
}

export interface Crashed extends CrashCase {
  readonly orderReference: string;
  /** How the process died, and the state of everything in the end. */
  readonly died: string;
  readonly facts: string;
}

const SETTLED_WITHIN_MS = 150_000;

/**
 * A service, and which of its processes is killed: with a `databaseUrl` API and worker are two, else there is
 * only `serve`.
 */
export interface Cell {
  readonly dies: Role;
  readonly namespace: string;
  readonly databaseUrl?: string;
}

/** Takes cases from the queue until there are none. */
export async function workThrough(shared: Stack, cell: Cell, queue: CrashCase[]): Promise<Crashed[]> {
  const { dies, namespace, ...store } = cell;
  const done: Crashed[] = [];
  let next = take(queue);
  if (next === null) return done;
  const beside = { stack: shared, namespace };
  const stack = await startStack({ beside, ...store, env: environment(next) });
  try {
    while (next !== null) {
      const following = take(queue);
      done.push(await crash(new Life(stack, dies, next, following), stack, next));
      next = following;
    }
  } finally {
    await stack.stop();
  }
  return done;
}

interface Taken {
  readonly wanted: CrashCase;
  readonly orderReference: string;
}

function take(queue: CrashCase[]): Taken | null {
  const wanted = queue.shift();
  return wanted === undefined ? null : { wanted, orderReference: newOrder('crash') };
}

/** No sweep: the story must reach its end by itself. */
function environment(taken: Taken | null): Record<string, string> {
  if (taken === null) return {};
  const { wanted, orderReference } = taken;
  const { point, pass, first } = wanted;
  const points = [
    ...(first === undefined ? [] : [`${first}@${orderReference}`]),
    `${point}@${orderReference}#${pass}`,
  ];
  return { PAIDONCE_CRASH_AT: points.join() };
}

async function crash(life: Life, whole: Stack, { wanted, orderReference }: Taken): Promise<Crashed> {
  const story: Story = STORIES[wanted.story];
  const stack = whole.at(story.gateway ?? 'dintero');
  const end = wanted.isUnknown ? story.endsUnknown : story.ends;
  const factsNow = () => factsOf(stack, orderReference).catch((error: unknown) => String(error));
  // The end may come before the death: an update that is reported may have died with its sender.
  const isAtEnd = async () =>
    life.isTakenOver() &&
    end?.endsWith(`merchant told ${toldOf(stack, orderReference)}`) === true &&
    (await factsNow()) === end;
  const trouble = await story
    .run(stack, orderReference)
    .then(() => until('it ends as it should', isAtEnd, SETTLED_WITHIN_MS, 1_000))
    .then(() => '')
    .catch((error: unknown) => ` (${(error as Error).message})`);
  const facts = (await factsNow()) + trouble;
  return { ...wanted, orderReference, died: await life.over(), facts };
}

/**
 * Starts the process again as often as it must die. The last start is armed for the next case, whose order
 * comes when this case is over.
 */
class Life {
  readonly #deaths: string[] = [];
  readonly #stack: Stack;
  readonly #name: Role;
  readonly #takenOver: Promise<void>;
  #left: number;
  #isOver = false;

  constructor(stack: Stack, name: Role, taken: Taken, next: Taken | null) {
    this.#stack = stack;
    this.#name = name;
    this.#left = deathsOf(taken.wanted);
    this.#takenOver = this.#goOn(taken, next);
  }

  isTakenOver(): boolean {
    return this.#left === 0;
  }

  /**
   * How the process has died. Where the point was never passed, it is killed now, since the next case needs a
   * process that is armed for it.
   */
  async over(): Promise<string> {
    const died = this.#deaths.join();
    this.#isOver = true;
    if (this.#left > 0) await this.#stack.process(this.#name).kill('SIGKILL');
    await this.#takenOver;
    return died;
  }

  async #goOn(taken: Taken, next: Taken | null): Promise<void> {
    while (this.#left > 0) {
      const { code, signal } = await this.#stack.process(this.#name).ended;
      this.#deaths.push(signal ?? `exit ${code}`);
      const isLast = this.#left === 1 || this.#isOver;
      await this.#stack.start(this.#name, environment(isLast ? next : taken));
      this.#left = isLast ? 0 : this.#left - 1;
    }
  }
}

/** How often a case kills. */
export function deathsOf({ first }: CrashCase): number {
  return first === undefined ? 1 : 2;
}
