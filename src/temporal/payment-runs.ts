/** How the API and the background jobs talk to the runs of `paymentSession`. */
import {
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { PaymentKey } from '../domain/payment.ts';
import {
  callbackReceived,
  cancelSession,
  lookRequested,
  openSession,
  OrderReferenceKey,
  PaymentGatewayKey,
  PaymentStatusKey,
  paymentWorkflowId,
  resolveReview,
  returnVisited,
  type CallbackSignal,
  type CancelResult,
  type LookSignal,
  type OpenSessionResult,
  type ResolveRequest,
  type ResolveResult,
  type ReturnSignal,
} from '../workflows/messages.ts';
import type { paymentSession } from '../workflows/payment-session.ts';

/** Temporal or its worker did not answer in time; what was asked may or may not be happening. */
export class RunsUnavailable extends Error {
  override readonly name = 'RunsUnavailable';
}

/** The run ended under the call: the caller begins again from the order's row. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

export interface PaymentAddress extends PaymentKey {
  readonly gateway: string;
}

export interface PaymentRuns {
  /** Opens the session or waits for it. @throws RunsUnavailable | RunEnded */
  open(payment: PaymentAddress): Promise<OpenSessionResult>;
  /** @throws RunsUnavailable | RunEnded */
  cancel(payment: PaymentAddress): Promise<CancelResult>;
  /** @throws RunsUnavailable | RunEnded */
  resolve(payment: PaymentAddress, request: ResolveRequest): Promise<ResolveResult>;
  /** A verified callback: starts a run where none is. Durable when it returns. @throws RunsUnavailable */
  callback(payment: PaymentAddress, signal: CallbackSignal): Promise<void>;
  /** A look that we ask for ourselves: starts a run where none is. @throws RunsUnavailable */
  look(payment: PaymentAddress, signal: LookSignal): Promise<void>;
  /** An unproved hit may wake a run, never create one. False where none is running. @throws RunsUnavailable */
  poke(payment: PaymentKey, signal: ReturnSignal): Promise<boolean>;
}

export interface RunsSettings {
  readonly taskQueue: string;
  readonly updateTimeoutMs: number;
  readonly signalTimeoutMs: number;
  /** Called when a start fails because the namespace lacks a search attribute; true when it is worth starting again. */
  readonly mend?: () => Promise<boolean>;
}

/** Builds the one client of the payment workflows. */
export function createPaymentRuns(client: Client, settings: RunsSettings): PaymentRuns {
  return new TemporalPaymentRuns(client, settings);
}

class TemporalPaymentRuns implements PaymentRuns {
  readonly #client: Client;
  readonly #settings: RunsSettings;
  readonly #opening = new Map<string, Promise<OpenSessionResult>>();

  constructor(client: Client, settings: RunsSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  open(payment: PaymentAddress): Promise<OpenSessionResult> {
    return share(this.#opening, paymentWorkflowId(payment), () =>
      this.#update(() => this.#workflow.executeUpdateWithStart(openSession, this.#withStart(payment))),
    );
  }

  cancel(payment: PaymentAddress): Promise<CancelResult> {
    return this.#update(() => this.#workflow.executeUpdateWithStart(cancelSession, this.#withStart(payment)));
  }

  resolve(payment: PaymentAddress, request: ResolveRequest): Promise<ResolveResult> {
    const args: [ResolveRequest] = [request];
    return this.#update(() =>
      this.#workflow.executeUpdateWithStart(resolveReview, { args, ...this.#withStart(payment) }),
    );
  }

  async callback(payment: PaymentAddress, signal: CallbackSignal): Promise<void> {
    const options = {
      ...this.#start(payment),
      signal: callbackReceived,
      signalArgs: [signal] as [CallbackSignal],
    };
    await this.#signal(() =>
      this.#workflow.signalWithStart<typeof paymentSession, [CallbackSignal]>('paymentSession', options),
    );
  }

  async look(payment: PaymentAddress, signal: LookSignal): Promise<void> {
    const options = { ...this.#start(payment), signal: lookRequested, signalArgs: [signal] as [LookSignal] };
    await this.#signal(() =>
      this.#workflow.signalWithStart<typeof paymentSession, [LookSignal]>('paymentSession', options),
    );
  }

  poke(payment: PaymentKey, signal: ReturnSignal): Promise<boolean> {
    return this.#signal(() => pokeRun(this.#client, payment, signal));
  }

  get #workflow(): Client['workflow'] {
    return this.#client.workflow;
  }

  #start(payment: PaymentAddress) {
    return {
      workflowId: paymentWorkflowId(payment),
      taskQueue: this.#settings.taskQueue,
      args: [keyOf(payment)] as [PaymentAddress],
      staticSummary: `order ${payment.orderReference}, payment ${payment.n} by ${payment.gateway}`,
      typedSearchAttributes: [
        { key: PaymentStatusKey, value: 'PENDING' },
        { key: PaymentGatewayKey, value: payment.gateway },
        { key: OrderReferenceKey, value: payment.orderReference },
      ],
    };
  }

  #withStart(payment: PaymentAddress) {
    const options = { ...this.#start(payment), workflowIdConflictPolicy: 'USE_EXISTING' as const };
    return {
      startWorkflowOperation: new WithStartWorkflowOperation<typeof paymentSession>(
        'paymentSession',
        options,
      ),
    };
  }

  #update<T>(call: () => Promise<T>): Promise<T> {
    return withTimeout(
      retryUpdate(() => this.#mending(call)),
      this.#settings.updateTimeoutMs,
    );
  }

  #signal<T>(call: () => Promise<T>): Promise<T> {
    return withTimeout(this.#mending(call), this.#settings.signalTimeoutMs);
  }

  /** A server that was replaced under us does not know our search attributes. */
  async #mending<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isUnprepared(error) || !(await this.#settings.mend?.())) throw error;
      return call();
    }
  }
}

function keyOf({ paymentId, orderReference, n, gateway }: PaymentAddress): PaymentAddress {
  return { paymentId, orderReference, n, gateway };
}

async function pokeRun(client: Client, payment: PaymentKey, signal: ReturnSignal): Promise<boolean> {
  try {
    await client.workflow.getHandle(paymentWorkflowId(payment)).signal(returnVisited, signal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** One call serves all who ask at the same moment: a run takes ten updates at a time. */
function share<T>(calls: Map<string, Promise<T>>, key: string, call: () => Promise<T>): Promise<T> {
  const running = calls.get(key);
  if (running !== undefined) return running;
  const started = call().finally(() => calls.delete(key));
  calls.set(key, started);
  return started;
}

const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;

/** Closing met the call: asked again, at most three times. */
async function retryUpdate<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (hasEnded(error)) throw new RunEnded('the run ended under the update', { cause: error });
      const isClosing = codeOf(error) === FAILED_PRECONDITION && /workflow task failure/.test(String(error));
      if (!isClosing || attempt === 3) throw new RunsUnavailable('asking the run', { cause: error });
    }
  }
}

function hasEnded(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return false;
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow';
}

function isUnprepared(error: unknown): boolean {
  const { message, cause } = error as Error;
  const text = `${message} ${cause instanceof Error ? cause.message : ''}`;
  return codeOf(error) === INVALID_ARGUMENT && /no mapping defined for search attribute/.test(text);
}

function codeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: number; cause?: { code?: number } };
  return code ?? cause?.code;
}

/** The SDK's own back-off ignores deadlines, so every call races a timer of ours. */
export async function withTimeout<T>(call: Promise<T>, ms: number, whom = 'Temporal'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RunsUnavailable(`no answer from ${whom} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([call, late]);
  } catch (error) {
    if (error instanceof RunEnded || error instanceof RunsUnavailable) throw error;
    throw new RunsUnavailable(`calling ${whom}`, { cause: error });
  } finally {
    clearTimeout(timer);
    call.catch(() => undefined);
  }
}
