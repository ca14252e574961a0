/** A payment service provider in memory. Its calls look like those of an HTTP API: a request, and a status with a body. */
import { createHmac, randomUUID } from 'node:crypto';

/** The account of every payment in the tests. */
export const ACCOUNT = 'T12345678';

export interface Page {
  readonly id: string;
  /** The merchant's own, returned with everything about the page. */
  readonly labels: Readonly<Record<string, string>>;
  readonly minor: number;
  readonly currency: string;
  readonly returnUrl: string;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  state: 'open' | 'cancelled' | 'closed';
  deal: Deal | null;
}

export interface Deal {
  readonly id: string;
  readonly minor: number;
  readonly currency: string;
  /** A later version of the PSP may have other words. */
  status: 'begun' | 'pending' | 'held' | 'failed' | 'declined' | 'voided' | 'frozen' | 'UNKNOWN';
  /** Whether there was money, before it was captured, refunded or voided. */
  hadMoney: boolean;
  captured: number;
  refunded: number;
  /** RFC 3339. */
  changedAt: string;
  readonly moves: Move[];
}

export interface Move {
  readonly id: string;
  readonly kind: 'capture' | 'refund' | 'void';
  readonly reference: string;
  readonly minor: number;
  state: 'done' | 'pending' | 'failed';
}

/** A request to the merchant with a list of messages: its exact bytes, and the header that signs them. */
export interface Message {
  readonly id: string;
  readonly page: string;
  readonly sentAt: Date;
  readonly body: string;
  readonly signature: string;
}

export type Request =
  | { readonly path: 'account' }
  /** The pages or messages after this one, oldest first, at most `PAGES_AT_ONCE`. */
  | { readonly path: 'pages' | 'messages'; readonly after: string | null }
  | { readonly path: 'search'; readonly label: string; readonly text: string }
  | { readonly path: 'page' | 'close'; readonly id: string }
  | ({ readonly path: 'open'; readonly key: string } & Pick<
      Page,
      'labels' | 'minor' | 'currency' | 'returnUrl' | 'expiresAt'
    >)
  | ({ readonly path: 'move'; readonly key: string } & Omit<Move, 'state'>);

export const PAGES_AT_ONCE = 20;

/** `unreachable`: the request never left. Null: it left, and no answer came back. */
export type Answer =
  | { readonly status: number; readonly body: unknown; readonly retryAfterSeconds?: number }
  | 'unreachable'
  | null;

/** `lost_before` and `lost_after` the effect; `failed`: a 500, which the key keeps; or another answer, before the effect. */
export type Fault = 'lost_before' | 'lost_after' | 'failed' | 'unauthorized' | Exclude<Answer, null>;

export class Psp {
  readonly #secret: string;
  readonly #pages = new Map<string, Page>();
  readonly #kept = new Map<string, { readonly request: string; readonly answer: Answer }>();
  readonly messages: Message[] = [];
  /** How the next calls fail, one each. */
  readonly faults: Fault[] = [];
  /** How every further call fails. */
  outage: Fault | null = null;
  /** Refunds are accepted, and end by `endRefund`. */
  holdsRefunds = false;
  /** `unpaid`: only a page without a deal can be closed. `uncaptured`: closing voids what is only held. */
  closes: 'unpaid' | 'uncaptured' = 'unpaid';
  /** Where it takes none, a request that is repeated has a second effect. */
  takesKeys = true;
  #time = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  call(request: Request): Answer {
    const fault = this.faults.shift() ?? this.outage ?? undefined;
    if (fault === 'unreachable' || typeof fault === 'object') return fault;
    if (fault === 'unauthorized') return { status: 401, body: 'the password is wrong' };
    if (fault === 'lost_before') return null;
    const answer = 'key' in request ? this.#once(request, fault) : this.#answer(request);
    return fault === 'lost_after' ? null : answer;
  }

  /** The same key is the same effect and the same answer. */
  #once(request: Request & { readonly key: string }, fault: Fault | undefined): Answer {
    const text = JSON.stringify(request);
    const known = this.takesKeys ? this.#kept.get(request.key) : undefined;
    if (known !== undefined && known.request !== text) return { status: 422, body: 'another request' };
    const answer =
      known?.answer ??
      (fault === 'failed' ? { status: 500, body: 'kept for the key' } : this.#answer(request));
    this.#kept.set(request.key, { request: text, answer });
    return answer;
  }

  #answer(request: Request): Answer {
    switch (request.path) {
      case 'account':
        return ok({ account: ACCOUNT });
      case 'pages':
        return ok(pageAfter(this.pages, request.after));
      case 'messages':
        return ok(pageAfter(this.messages, request.after));
      case 'search':
        return ok(this.pages.filter(({ labels }) => labels[request.label] === request.text));
      case 'page':
        return ok(this.#pages.get(request.id) ?? null);
      case 'close':
        return ok(this.#close(this.page(request.id)));
      case 'open': {
        const { path: _, key: __, ...asked } = request;
        const state = { createdAt: new Date(), state: 'open', deal: null } as const;
        const page: Page = { id: `page-${randomUUID()}`, ...asked, ...state };
        this.#pages.set(page.id, page);
        return ok(page);
      }
      case 'move':
        return this.#move(request);
    }
  }

  /** In the order in which they were opened. */
  get pages(): Page[] {
    return [...this.#pages.values()];
  }

  page(id: string): Page {
    const found = this.pages.find((page) => page.id === id || page.deal?.id === id);
    if (found === undefined) throw new Error(`there is no page and no deal ${id}`);
    return found;
  }

  #close(page: Page): Page {
    const { deal, state } = page;
    const mayClose = deal === null || (this.closes === 'uncaptured' && isUncaptured(deal));
    if (state !== 'open' || !mayClose) return page;
    page.state = 'closed';
    if (deal !== null) {
      deal.status = 'voided';
      this.#changed(page, deal, `${deal.id}-voided`);
    }
    return page;
  }

  /** The payer pays, or a payment that was pending ends. */
  pay(id: string, status: Deal['status'], wrongly?: Pick<Page, 'minor' | 'currency'>): Deal {
    const page = this.page(id);
    if (page.deal?.status === 'failed')
      throw new Error(`the payment on ${id} has failed, and the page is over`);
    const { minor, currency } = wrongly ?? page;
    const sums = { captured: 0, refunded: 0, changedAt: '', moves: [] };
    page.deal ??= { id: `${page.id}-deal`, minor, currency, status, hadMoney: false, ...sums };
    Object.assign(page.deal, { status, hadMoney: status === 'held' });
    this.#changed(page, page.deal, `${page.deal.id}-${status}`);
    return page.deal;
  }

  /** The merchant moves money, by a call or in the PSP's own back office. */
  #move({ id, kind, minor, reference }: Omit<Move, 'state'>): Answer {
    const page = this.page(id);
    const deal = page.deal as Deal;
    const { captured, refunded, status } = deal;
    const left = { capture: deal.minor - captured, refund: captured - refunded, void: deal.minor };
    const isPossible = status === 'held' && minor > 0 && minor <= left[kind];
    if (!isPossible || (kind === 'void' && captured > 0))
      return { status: 409, body: `no ${kind} of ${minor}` };
    const state = kind === 'refund' && this.holdsRefunds ? 'pending' : 'done';
    const move: Move = { id: `move-${randomUUID()}`, kind, reference, minor, state };
    deal.moves.push(move);
    if (state === 'done') count(deal, move);
    this.#changed(page, deal, `${move.id}-${state}`);
    return ok(page);
  }

  /** The newest refund that waits ends. */
  endRefund(id: string, state: 'done' | 'failed'): void {
    const page = this.page(id);
    const deal = page.deal as Deal;
    const move = deal.moves.findLast((one) => one.state === 'pending') as Move;
    move.state = state;
    if (state === 'done') count(deal, move);
    this.#changed(page, deal, `${move.id}-${state}`);
  }

  #changed(page: Page, deal: Deal, id: string): void {
    this.#time = Math.max(this.#time + 1, Date.now());
    deal.changedAt = new Date(this.#time).toISOString();
    const body = JSON.stringify([{ id, type: 'deal', deal: deal.id, labels: page.labels }]);
    this.messages.push({ id, page: page.id, sentAt: new Date(this.#time), body, signature: this.sign(body) });
  }

  /** `<unix seconds>.<HMAC-SHA256 of the seconds, a dot and the body>` */
  sign(body: string, secret = this.#secret, ageSeconds = 0): string {
    const seconds = Math.floor(Date.now() / 1_000) - ageSeconds;
    const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return `${seconds}.${digest}`;
  }
}

function count(deal: Deal, { kind, minor }: Move): void {
  if (kind === 'capture') deal.captured += minor;
  if (kind === 'refund') deal.refunded += minor;
  if (kind === 'void') deal.status = 'voided';
}

/** Neither captured, nor decided by others than the payer. */
function isUncaptured({ status, captured }: Deal): boolean {
  return status === 'begun' || (status === 'held' && captured === 0);
}

function pageAfter<Row extends { readonly id: string }>(rows: readonly Row[], after: string | null): Row[] {
  const from = rows.findIndex(({ id }) => id === after) + 1;
  return rows.slice(from, from + PAGES_AT_ONCE);
}

function ok(body: unknown): Answer {
  // A copy, as over HTTP.
  return { status: 200, body: structuredClone(body) };
}
