/** The contract between clients and our workflows: names, ids and shapes. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Callback } from '../domain/callback.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import type { Closing, PaymentAddress, PaymentStatus } from '../domain/payment.ts';
import type { LookRequest, Poke, TimedLook } from '../domain/trigger.ts';
import type { CarriedOpening } from './opening-plan.ts';

/** The workflow id of a payment: `payment/<order reference>/<n>`. */
export function paymentWorkflowId(key: { orderReference: string; n: number }): string {
  return `payment/${key.orderReference}/${key.n}`;
}

/** The workflow id for all movements of a payment's money after it was paid: `money/<payment id>`. */
export function moneyWorkflowId(paymentId: string): string {
  return `money/${paymentId}`;
}

/**
 * The queue of the activities that notify the merchant. A Worker of its own, so that a shop that hangs keeps
 * no payer waiting.
 */
export function updatesTaskQueue(taskQueue: string): string {
  return `${taskQueue}-updates`;
}

/**
 * The task queues of activities that call a gateway: `checkout` for calls that a payer waits for,
 * `background` for all others. Each queue has its own slots, so calls that hang delay neither another gateway
 * nor a payer. The run's own queue has only workflows and activities that need nothing but our store.
 */
export function taskQueues(taskQueue: string, gateway: string): { checkout: string; background: string } {
  return { checkout: `${taskQueue}-${gateway}-checkout`, background: `${taskQueue}-${gateway}-background` };
}

export const PaymentStatusKey = defineSearchAttributeKey('PaymentStatus', 'KEYWORD');
export const PaymentGatewayKey = defineSearchAttributeKey('PaymentGateway', 'KEYWORD');
export const OrderReferenceKey = defineSearchAttributeKey('OrderReference', 'KEYWORD');
export const SessionIdKey = defineSearchAttributeKey('SessionId', 'KEYWORD');
export const TransactionIdKey = defineSearchAttributeKey('TransactionId', 'KEYWORD');

export interface PaymentSessionInput extends PaymentAddress {
  /** Handed over by an earlier run of the same payment when its history grew long. */
  readonly carried?: CarriedState;
  /** The session that the request opened before it started the run. Absent where the run is to open it. */
  readonly opened?: OpenedPayment;
}

export interface CarriedState {
  readonly seen: readonly string[];
  readonly unclearSince?: number;
  readonly followUps?: number;
  readonly closing?: Closing;
  /** For a session that could not be opened yet. */
  readonly opening?: CarriedOpening;
  /** `at` in milliseconds since the epoch. */
  readonly nextLook?: { readonly at: number; readonly why: TimedLook };
}

export interface PaymentSessionResult {
  readonly status: PaymentStatus | 'NOT_OPENED';
  readonly why: string;
}

/** A verified callback. Its claims are evidence; it only asks for a look. */
export const callbackReceived = defineSignal<[Callback]>('callbackReceived');
/** A request that proves nothing. */
export const poked = defineSignal<[Poke]>('poked');
/** A look that the service asks for itself. */
export const lookRequested = defineSignal<[LookRequest]>('lookRequested');
/** The first attempt to notify the merchant of an update has failed: the run takes over, with retries. */
export const tellMerchant = defineSignal<[effectId: string]>('tellMerchant');
/** The activity that opens the session reports that it takes long: answer callers without a session. */
export const openingTakesLong = defineSignal('openingTakesLong');
/** Another payment has paid the order, so this session must not be payable any more. */
export const closeRequested =
  defineSignal<[{ readonly why: 'order_paid'; readonly at: string }]>('closeRequested');

export type OpenSessionResult =
  | {
      readonly kind: 'open';
      readonly status: PaymentStatus;
      readonly sessionId: string;
      readonly checkoutUrl: string;
      readonly runId: string;
    }
  /**
   * The gateway has not answered yet, or can't be called. The next request gets the session once there is
   * one.
   */
  | { readonly kind: 'still_opening' }
  /** The payment is settled: the caller starts again from the order's row. */
  | { readonly kind: 'not_open'; readonly status: PaymentStatus }
  | { readonly kind: 'rejected'; readonly reason: string };

export type CancelResult =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'not_open' | 'refused'; readonly status: PaymentStatus };

export type ResolveResult =
  | { readonly kind: 'resolved'; readonly status: PaymentStatus }
  | { readonly kind: 'not_in_review'; readonly status: PaymentStatus }
  | { readonly kind: 'refused'; readonly reason: string };

export interface CancelRequest {
  /** The key of the note that the API wrote. */
  readonly noteKey: string;
}

export interface ResolveRequest {
  readonly decision: 'accept' | 'dismiss';
  /**
   * The key of the operator's note in the timeline. It keeps the person and the reason out of the history.
   */
  readonly noteKey: string;
}

/**
 * Opens the session, or waits for it, at most 12 s. Answered only after any look that is due or running, so
 * that no payer is sent to a dead session.
 */
export const openSession = defineUpdate<OpenSessionResult>('openSession');
export const cancelSession = defineUpdate<CancelResult, [CancelRequest]>('cancelSession');
export const resolveReview = defineUpdate<ResolveResult, [ResolveRequest]>('resolveReview');

export interface PaymentView {
  readonly status: PaymentStatus;
  readonly sessionId: string | null;
  readonly transactionId: string | null;
  readonly waitsFor: string;
}

export const getState = defineQuery<PaymentView>('getState');

export interface MoneyInput extends PaymentAddress {
  readonly carried?: {
    readonly open: readonly OpenOperation[];
    readonly givesBack: GiveBackRequest | null;
    readonly nextGiveBack?: GiveBackRequest | null;
  };
}

/** An operation that is not finished. Times are in milliseconds since the epoch. */
export interface OpenOperation {
  readonly operationId: string;
  /** In words, for people: `capture 722.00 NOK of T123.abc`. */
  readonly about?: string;
  readonly since: number;
  readonly tries: number;
  readonly due: number;
}

/** `noteKey` is the key of the note in which the API wrote the operator's decision. */
export type GiveBackRequest =
  | { readonly cause: 'late_money' }
  | { readonly cause: 'operator'; readonly noteKey: string };

/**
 * Carries out an operation that the store has. Answered once it is finished, or once the gateway makes us
 * wait. `about` is only for people.
 */
export const carryOut = defineUpdate<void, [operationId: string, about?: string]>('carryOut');
/** Gives back the money that the gateway holds of the payment. Answered like `carryOut`. */
export const giveBack = defineUpdate<void, [GiveBackRequest]>('giveBack');
export const operationRequested = defineSignal<[operationId: string, about?: string]>('operationRequested');
export const giveBackRequested = defineSignal<[GiveBackRequest]>('giveBackRequested');
