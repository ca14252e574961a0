/** One run of a workflow: its handlers, its conditions and its messages. */
import { enterRun } from './current.ts';
import type { Timer } from '../world/clock.ts';
import type { ToyServer } from './server.ts';

type Handler = (...args: never[]) => unknown;

interface Blocked {
  readonly isTrue: () => boolean;
  readonly resolve: () => void;
}

export interface Message {
  readonly name: string;
  readonly args: readonly unknown[];
  /** Absent for a signal. */
  readonly answer?: (outcome: { value: unknown } | { ended: true }) => void;
}

export class Run {
  isClosed = false;
  activations = 0;
  readonly #handlers = new Map<string, Handler>();
  #buffered: Message[] = [];
  #blocked: Blocked[] = [];
  readonly #answering = new Set<Message>();
  readonly server: ToyServer;
  readonly type: string;
  readonly workflowId: string;
  readonly runId: string;
  /** The number of activations after which the server suggests to continue as new. */
  readonly long: number;

  constructor(server: ToyServer, at: { type: string; workflowId: string; runId: string; long: number }) {
    this.server = server;
    this.type = at.type;
    this.workflowId = at.workflowId;
    this.runId = at.runId;
    this.long = at.long;
  }

  /** Makes this run the current one. The server then checks its conditions. */
  activate(happens: () => void): void {
    if (this.isClosed) return;
    this.activations += 1;
    enterRun(this);
    this.server.active = this;
    happens();
  }

  start(input: object, messages: readonly Message[], isTogether: boolean): void {
    this.activate(() => {
      // Temporal may deliver the messages of the start before or after the workflow's first line.
      if (isTogether) this.#buffered.push(...messages);
      const workflow = this.server.workflows[this.type];
      if (workflow === undefined) throw new Error(`there is no workflow ${this.type}`);
      void workflow(input).then(
        () => this.close(),
        (error: unknown) => this.server.fail(error, `${this.type} threw`),
      );
      if (!isTogether) for (const message of messages) this.#hand(message);
    });
  }

  tell(message: Message): void {
    this.activate(() => this.#hand(message));
  }

  setHandler(name: string, handler: Handler): void {
    this.#handlers.set(name, handler);
    const waiting = this.#buffered.filter((message) => message.name === name);
    this.#buffered = this.#buffered.filter((message) => message.name !== name);
    for (const message of waiting) this.#hand(message);
  }

  block(isTrue: () => boolean, resolve: () => void): () => void {
    const blocked = { isTrue, resolve };
    this.#blocked.push(blocked);
    return () => void (this.#blocked = this.#blocked.filter((other) => other !== blocked));
  }

  /** Resolves the conditions that have become true. Returns whether there were any. */
  unblock(): boolean {
    if (this.isClosed || this.#blocked.length === 0) return false;
    enterRun(this);
    const free = this.#blocked.filter(({ isTrue }) => isTrue());
    if (free.length === 0) return false;
    this.#blocked = this.#blocked.filter((blocked) => !free.includes(blocked));
    for (const { resolve } of free) resolve();
    return true;
  }

  after(ms: number, ring: () => void): Timer {
    return this.server.clock.after(ms, () => this.activate(ring));
  }

  get handlersAreFinished(): boolean {
    return this.#answering.size === 0;
  }

  /** The run has returned, or it is lost. Callers that wait for an answer have to call again. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.server.forget(this);
    for (const { answer } of [...this.#answering, ...this.#buffered]) answer?.({ ended: true });
  }

  continueAsNew(input: object): Promise<never> {
    this.isClosed = true;
    this.server.forget(this);
    this.server.begin(this.type, this.workflowId, input, this.#buffered);
    return new Promise<never>(() => undefined);
  }

  #hand(message: Message): void {
    const { name, args, answer } = message;
    const handler = this.#handlers.get(name);
    if (handler === undefined) return void this.#buffered.push(message);
    const result = handler(...(args as never[]));
    if (answer === undefined) return;
    this.#answering.add(message);
    void Promise.resolve(result).then(
      (value) => {
        this.#answering.delete(message);
        return answer({ value });
      },
      (error: unknown) => this.server.fail(error, `the handler of ${name} threw`),
    );
  }
}
