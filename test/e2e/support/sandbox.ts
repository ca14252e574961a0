/** The payer, Dintero's staff and Dintero's faults: `/__sim` of the sandbox. */
import { createCall, type Answer } from './http.ts';

export interface SimTransaction {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly merchant_reference: string;
  readonly events: readonly SimEvent[];
}

export interface SimEvent {
  readonly event: string;
  readonly success: boolean;
  readonly amount: number;
  readonly event_reference?: string;
}

/** The violations that `/__sim/invariants` finds. */
export interface SimViolation {
  readonly rule: string;
  readonly text: string;
  readonly reference?: string;
}

export interface SimCallback {
  readonly state: 'pending' | 'delivered' | 'lost' | 'suppressed';
  readonly headers: Record<string, string>;
  readonly url: string;
  readonly attempts: readonly SimAttempt[];
}

export interface SimAttempt {
  readonly status: number | null;
  readonly error?: string;
  readonly durationMs: number;
}

export interface SimSession {
  readonly session: {
    readonly id: string;
    readonly order: { readonly merchant_reference: string };
    readonly url: { readonly callback_url?: string; readonly return_url: string };
    readonly cancelled_at?: string;
  };
  readonly transaction?: SimTransaction | null;
  readonly callbacks: readonly SimCallback[];
}

export interface Paid {
  readonly sessionId: string;
  readonly transactionId: string;
  readonly returnUrl: string | null;
}

export interface Sandbox {
  readonly origin: string;
  /** An action of the payer on the hosted page. */
  pay(sessionId: string, what: object): Promise<Paid>;
  /** Another callback about the session, now. */
  callback(sessionId: string, plan: object): Promise<void>;
  change(transactionId: string, what: object): Promise<void>;
  transaction(transactionId: string): Promise<SimTransaction>;
  /** An operation in Backoffice. */
  backoffice(transactionId: string, kind: 'capture' | 'refund' | 'void', what?: object): Promise<void>;
  /** Faults of the calls about one transaction. */
  faultsOf(transactionId: string, what: object): Promise<void>;
  /** Whether the money of these orders is in the right place. */
  violations(question: {
    readonly orders: readonly object[];
    readonly inReview: readonly string[];
  }): Promise<SimViolation[]>;
  /** A payment of another shop on the same account. */
  foreign(what: object): Promise<Paid>;
  faults(what: object): Promise<void>;
  /** The faults that are set, with the times that are left of each. */
  faultsLeft(): Promise<Record<string, { readonly times?: number }>>;
  clearFaults(): Promise<void>;
  session(sessionId: string): Promise<SimSession>;
  /** Every session with this order reference, also those that our store does not know. */
  sessionsOf(orderReference: string): Promise<SimSession[]>;
  requests(): Promise<Record<string, number>>;
  state(): Promise<{ callbacks: Record<string, number>; transactions: Record<string, number> }>;
}

export function createSandbox(origin: string): Sandbox {
  const call = createCall(origin);
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer['body']> => {
    const answer = await call(method, `/__sim${path}`, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`sandbox ${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const session = (id: string): Promise<SimSession> => ask('GET', `/sessions/${id}`);
  return {
    origin,
    session,
    pay: (sessionId, what) => ask('POST', `/sessions/${sessionId}/pay`, what),
    callback: (sessionId, plan) => ask('POST', `/sessions/${sessionId}/callback`, plan),
    change: (transactionId, what) => ask('POST', `/transactions/${transactionId}/change`, what),
    transaction: (transactionId) => ask('GET', `/transactions/${transactionId}`),
    backoffice: (transactionId, kind, what = {}) =>
      ask('POST', `/transactions/${transactionId}/${kind}`, what),
    faultsOf: (transactionId, what) => ask('POST', `/transactions/${transactionId}/faults`, what),
    violations: async (question) => (await ask('POST', '/invariants', question)).violations,
    foreign: (what) => ask('POST', '/transactions', what),
    faults: (what) => ask('POST', '/faults', what),
    faultsLeft: async () => (await ask('GET', '/faults')).faults,
    clearFaults: () => ask('DELETE', '/faults'),
    async sessionsOf(orderReference) {
      const found = (await ask('GET', `/sessions?limit=100&search=${orderReference}`)) as { id: string }[];
      return Promise.all(found.map(({ id }) => session(id)));
    },
    requests: () => ask('GET', '/requests'),
    state: () => ask('GET', '/state'),
  };
}
