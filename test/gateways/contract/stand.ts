/** A gateway under test, with the PSP behind it and everything that happens there without us. */
import type { GatewayDescriptor } from '../../../src/gateways/gateway-descriptor.ts';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';

/**
 * What the payer does. `hold`: the payment is not decided yet. `fail`: an attempt fails; the payer may be allowed
 * another one.
 */
export type PayerAct = 'pay' | 'hold' | 'fail' | 'leave';

/** The next call of this kind fails so. `lost_after`: the PSP has done it, and its answer never comes. */
export type Trouble = 'unreachable' | 'lost_before' | 'lost_after';

export interface Stand {
  readonly gateway: Gateway;
  readonly secrets: readonly string[];
  act(sessionId: string, act: PayerAct): Promise<void>;
  /** A payment on hold is decided. */
  decide(sessionId: string, outcome: 'paid' | 'failed'): Promise<void>;
  /** The merchant moves money in the PSP's own back office. */
  move(transactionId: string, kind: 'capture' | 'refund' | 'void', amountMinor: number): Promise<void>;
  /** What happens to the next call of this kind. Null where this PSP can't be made to do it. */
  trouble(call: 'open' | 'operate' | 'read', trouble: Trouble): Promise<void> | null;
  /** From now on our credentials are refused. */
  lockOut(): Promise<void>;
  /** All callbacks about the session's payment, in their order, as the PSP sent them. Waits for the first ones. */
  callbacks(sessionId: string): Promise<RawRequest[]>;
  /** The same callback, signed at another time; seconds from now. */
  signedAt(request: RawRequest, seconds: number): RawRequest;
  close(): Promise<void>;
}

export interface StandKind {
  readonly name: string;
  /** Null for the simulator, which no deployment can configure. */
  readonly descriptor: GatewayDescriptor | null;
  start(): Promise<Stand>;
}
