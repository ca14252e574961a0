/**
 * A stand: a gateway under test, with the PSP behind it and everything that happens there without us. It knows
 * its gateway, so that the promises know none. A method that its PSP can't do returns null, and the promise
 * that needs it says nothing about this gateway: so return null only for what the PSP's documentation rules out.
 */
import type { Money } from '../../../src/domain/money.ts';
import type { OperationKind } from '../../../src/domain/operation.ts';
import type { GatewayDescriptor } from '../../../src/gateways/gateway-descriptor.ts';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { Traits } from '../../../src/gateways/traits.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';

/**
 * What the payer does. `hold`: the payment is not decided yet. `fail`: an attempt fails; the payer may be allowed
 * another one.
 */
export type PayerAct = 'pay' | 'hold' | 'fail' | 'leave';

/** A kind of call. `all`: every call from now on. */
export type Call = 'open' | 'operate' | 'read' | 'all';

/**
 * How a call fails. `unreachable`: the request never leaves. `lost_after`: the PSP has done it, and its answer
 * never comes; all others are not done. `hangs`: the answer never comes, and the connection stays.
 */
export const TROUBLES = [
  'unreachable',
  'lost_before',
  'lost_after',
  'hangs',
  'status_500',
  'html_503',
  'html_200',
  'redirect_302',
  'forbidden_403',
  'too_many_429',
  'huge_200',
  'truncated_200',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** `too_many_429` asks to wait so long. */
export const RETRY_AFTER_S = 7;

/** The same acts in the words of both sandboxes. */
export const SANDBOX_OUTCOMES = {
  pay: 'authorize',
  hold: 'on_hold',
  fail: 'fail',
  leave: 'cancel',
} as const satisfies Record<PayerAct, string>;

/** A session as the PSP has it. */
export interface PspSession {
  /** In whole units of the currency, as the payer sees it: 722 for 72 200 øre. */
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: Date;
  /** Where the payer's browser is sent after the payment. */
  readonly returnUrl: string;
}

/** The payer, the merchant's back office, and the PSP itself. */
export interface Payers {
  /** @throws Error where the PSP no longer takes a payment in the session */
  act(sessionId: string, act: PayerAct): Promise<void>;
  /** The payer pays another sum than asked for. Null where that is impossible. */
  payWrongly(sessionId: string, money: Money): Promise<void> | null;
  /** A payment on hold is decided. */
  decide(sessionId: string, outcome: 'paid' | 'failed'): Promise<void>;
  /** The merchant moves money in the PSP's own back office. */
  move(transactionId: string, kind: OperationKind, amountMinor: number): Promise<void>;
  /** The session as the PSP has it. */
  session(sessionId: string): Promise<PspSession>;
  /** From now on refunds are accepted, and decided later. Null where they are always done at once. */
  holdRefunds(): Promise<void> | null;
  /** The newest refund that waits is decided. */
  endRefund(transactionId: string, outcome: 'done' | 'failed'): Promise<void>;
  /** The payer's bank asks the money back. Null where the PSP tells nothing about disputes. */
  dispute(transactionId: string): Promise<void> | null;
  /** The PSP shows the session's payment in a status that its documentation does not have. */
  showUnknownStatus(sessionId: string): Promise<void>;
  /** Nobody waits for callbacks from now on: many payments follow. */
  silence(): Promise<void>;
}

/** Callbacks, as the PSP sends them. */
export interface Callbacks {
  /** All callbacks about the session's payment so far, in their order. Waits until all have come. */
  callbacks(sessionId: string): Promise<RawRequest[]>;
  /** The same callback, signed at another time; seconds from now. Null where no time is signed. */
  signedAt(request: RawRequest, seconds: number): RawRequest | null;
  /** Copies of a callback that its signature does not cover: unsigned, wrongly signed, changed, spliced. */
  forgeries(callback: RawRequest): RawRequest[];
  /** Genuine callbacks about money that other software took on the account, without metadata of ours. */
  strangers(): Promise<RawRequest[]>;
  /** Genuine callbacks about other business of the account, also of types that do not exist yet. */
  otherBusiness(): Promise<RawRequest[]>;
  /** Correctly signed callbacks that mean nothing. Null where nothing that is signed can be without meaning. */
  unclear(): RawRequest[] | null;
  /** The same callback with an unknown status in it. Null where callbacks show no status. */
  withUnknownStatus(callback: RawRequest): RawRequest | null;
  /** One request with the content of several. Null where the PSP sends one at a time. */
  batched(callbacks: readonly RawRequest[]): RawRequest | null;
}

export interface Stand extends Payers, Callbacks {
  /** The adapter alone. The suite puts around it what the registry does. */
  readonly gateway: Gateway;
  /** The gateway of another paidonce on the same account: it has another PUBLIC_URL. */
  readonly neighbour: Gateway;
  /** The secrets of each kind of callback, as `gateway.secrets` has them. */
  readonly secrets: readonly (readonly string[])[];
  /** What opens our account at the PSP. It may be in no error. */
  readonly credentials: readonly string[];
  /** More payments than one page of any listing or search has. */
  readonly moreThanAPage: number;
  /** What happens to the next call of this kind. Null where this PSP can't be made to do it. */
  trouble(call: Call, trouble: Trouble): Promise<void> | null;
  /** From now on our credentials are refused. */
  lockOut(): Promise<void>;
  close(): Promise<void>;
}

export interface StandKind {
  readonly name: string;
  /** Null for the simulator, which no deployment can configure. */
  readonly descriptor: GatewayDescriptor | null;
  readonly traits: Traits;
  start(): Promise<Stand>;
}
