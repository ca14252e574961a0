/** Everything that clients and our workflows say to each other: names, ids and shapes. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Callback } from '../domain/callback.ts';
import type { Closing, PaymentAddress, PaymentStatus } from '../domain/payment.ts';
import type { LookRequest, TimedLook, UnprovedHit } from '../domain/trigger.ts';
import type { CarriedOpening } from './opening-plan.ts';

/** The workflow id of a payment: `payment/<order reference>/<n>`. */
export function paymentWorkflowId(key: { orderReference: string; n: number }): string {
  return `payment/${key.orderReference}/${key.n}`;
}

/** The workflow id of everything that moves a payment's money after it was paid: `money/<payment id>`. */
export function moneyWorkflowId(paymentId: string): string {
  return `money/${paymentId}`;
}

/** Tells the merchant on a Worker of its own, so that a shop that hangs keeps no shopper waiting. */
export function updatesTaskQueue(taskQueue: string): string {
  return `${taskQueue}-updates`;
}

/**
 * Where activities that ask a gateway run: `checkout` is what a shopper waits for, `background` everything else. Each has slots of its
 * own, so that calls that hang keep nobody at another gateway, and no shopper, waiting. The run's own queue has workflows and the
 * activities that need our store only.
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
  /** What an earlier run of the same payment handed over when its history grew long. */
  readonly carried?: CarriedState;
}

export interface CarriedState {
  readonly seen: readonly string[];
  readonly unclearSince?: number;
  readonly followUps?: number;
  readonly closing?: Closing;
  /** Of a session that could not be opened yet. */
  readonly opening?: CarriedOpening;
  /** `at` in milliseconds since the epoch. */
  readonly nextLook?: { readonly at: number; readonly why: TimedLook };
}

export interface PaymentSessionResult {
  readonly status: PaymentStatus | 'NOT_OPENED';
  readonly why: string;
}

/** A verified callback. What it claims is evidence; all it asks for is a look. */
export const callbackReceived = defineSignal<[Callback]>('callbackReceived');
/** A hit that proves nothing. */
export const returnVisited = defineSignal<[UnprovedHit]>('returnVisited');
/** A look that we ask for ourselves. */
export const lookRequested = defineSignal<[LookRequest]>('lookRequested');
/** The first attempt to tell the merchant of an update has failed: the run takes over, with retries. */
export const tellMerchant = defineSignal<[effectId: string]>('tellMerchant');
/** The activity that opens the session says that it takes long: callers are to be answered without it. */
export const openingTakesLong = defineSignal('openingTakesLong');
/** Another payment has paid the order: nobody must be able to pay in this session any more. */
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
  /** The gateway has not answered yet, or can't be asked: the next one to ask gets the session as soon as there is one. */
  | { readonly kind: 'still_opening' }
  /** The payment is settled: the caller begins again from the order's row. */
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
  /** Names the note that the API wrote. */
  readonly noteKey: string;
}

export interface ResolveRequest {
  readonly decision: 'accept' | 'dismiss';
  /** Names the operator's note in the timeline: the person and the reason stay out of the history. */
  readonly noteKey: string;
}

/** Opens the session, or waits for it, for 12 s at most; answered after any look that is due or running, so that no shopper is sent to a dead session. */
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
  readonly carried?: { readonly open: readonly OpenOperation[]; readonly givesBack: GiveBackRequest | null };
}

/** An operation that is not finished; times in milliseconds since the epoch. */
export interface OpenOperation {
  readonly operationId: string;
  /** In words, for people: `capture 722.00 NOK of T123.abc`. */
  readonly about?: string;
  readonly since: number;
  readonly tries: number;
  readonly due: number;
}

/** `noteKey` names the note of the operator's decision that the API wrote. */
export type GiveBackRequest =
  | { readonly cause: 'late_money' }
  | { readonly cause: 'operator'; readonly noteKey: string };

/** Carries out an operation that the store knows; answered once it is finished, or the gateway has to be waited for. `about` is for people only. */
export const carryOut = defineUpdate<void, [operationId: string, about?: string]>('carryOut');
/** Gives back what the gateway holds of the payment; answered like `carryOut`. */
export const giveBack = defineUpdate<void, [GiveBackRequest]>('giveBack');
export const operationRequested = defineSignal<[operationId: string, about?: string]>('operationRequested');
export const giveBackRequested = defineSignal<[GiveBackRequest]>('giveBackRequested');
