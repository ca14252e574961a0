/** All children of one `npm start`: they start and stop together. */
import type { ChildSpec } from '../kit/tied-child.js';
import { superviseChild, type ChildEvents, type SupervisedChild } from './supervised-child.ts';

export interface Supervisor {
  /**
   * Starts children in parallel and waits until all of them answer.
   * @throws ChildKeepsDying | ChildRefused
   */
  start(specs: readonly ChildSpec[]): Promise<void>;
  /** Stops all children, the last started first. */
  stop(): Promise<void>;
  /** Never resolves. @throws ChildKeepsDying | ChildRefused */
  readonly failed: Promise<never>;
}

/** Starts children in the requested order, restarts a child that dies, and stops all together. */
export function createSupervisor(events: ChildEvents): Supervisor {
  const all: SupervisedChild[] = [];
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  return {
    failed,
    async start(specs) {
      const started = specs.map((spec) => superviseChild(spec, events));
      for (const child of started) child.failed.catch(fail);
      all.push(...started);
      await Promise.all(started.map(({ ready }) => ready));
    },
    async stop() {
      for (const child of all.toReversed()) await child.stop();
    },
  };
}
