/** A payment service provider in memory. Its calls look like those of an HTTP API: a request, and a status with a body. */
import { createHmac, randomUUID } from 'node:crypto';

export interface Page {
  readonly id: string;
  readonly labels: { readonly payment: string; readonly order: string; readonly n: string };
  readonly minor: number;
  readonly currency: string;
  readonly createdAt: Date;
  state: 'open' | 'cancelled' | 'closed';
  deal: Deal | null;
}

export interface Deal {
  readonly id: string;
  readonly minor: number;
  readonly currency: string;
  status: 'pending' | 'held' | 'failed' | 'voided';
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
}

/** A message to the merchant: its exact bytes, and the header that signs them. */
export interface Message {
  readonly page: string;
  readonly body: string;
  readonly signature: string;
}

export type Request =
  | { readonly path: 'account' | 'pages' }
  | { readonly path: 'page' | 'close'; readonly id: string }
  | ({ readonly path: 'open'; readonly key: string } & Pick<Page, 'labels' | 'minor' | 'currency'>)
  | ({ readonly path: 'move'; readonly key: string } & Move);

/** `unreachable`: the request never left. Null: it left, and no answer came back. */
export type Answer = { readonly status: number; readonly body: unknown } | 'unreachable' | null;

/** `lost_before` and `lost_after` the effect; `failed`: a 500, which the key keeps. */
export type Fault = 'unreachable' | 'lost_before' | 'lost_after' | 'failed' | 'unauthorized';

export class Psp {
  readonly #secret: string;
  readonly #pages = new Map<string, Page>();
  readonly #kept = new Map<string, { readonly request: string; readonly answer: Answer }>();
  readonly messages: Message[] = [];
  /** How the next calls fail, one each. */
  readonly faults: Fault[] = [];
  #time = Date.parse('2026-11-30T12:00:00.000Z');

  constructor(secret: string) {
    this.#secret = secret;
  }

  call(request: Request): Answer {
    const fault = this.faults.shift();
    if (fault === 'unreachable') return fault;
    if (fault === 'unauthorized') return { status: 401, body: 'the password is wrong' };
    if (fault === 'lost_before') return null;
    const answer = 'key' in request ? this.#once(request, fault) : this.#answer(request);
    return fault === 'lost_after' ? null : answer;
  }

  /** The same key is the same effect and the same answer. */
  #once(request: Request & { readonly key: string }, fault: Fault | undefined): Answer {
    const text = JSON.stringify(request);
    const known = this.#kept.get(request.key);
    if (known !== undefined && known.request !== text) return { status: 422, body: 'another request' };
    const answer =
      known?.answer ?? (fault === 'failed' ? { status: 500, body: null } : this.#answer(request));
    this.#kept.set(request.key, { request: text, answer });
    return answer;
  }

  #answer(request: Request): Answer {
    switch (request.path) {
      case 'account':
        return ok('simulated');
      case 'pages':
        return ok([...this.#pages.values()]);
      case 'page':
        return ok(this.#pages.get(request.id) ?? null);
      case 'close':
        return ok(this.#close(this.page(request.id)));
      case 'open': {
        const { labels, minor, currency } = request;
        const state = { createdAt: new Date(), state: 'open', deal: null } as const;
        const page: Page = { id: `page-${randomUUID()}`, labels, minor, currency, ...state };
        this.#pages.set(page.id, page);
        return ok(page);
      }
      case 'move':
        return this.#move(request);
    }
  }

  page(id: string): Page {
    const found = [...this.#pages.values()].find((page) => page.id === id || page.deal?.id === id);
    if (found === undefined) throw new Error(`there is no page and no deal ${id}`);
    return found;
  }

  #close(page: Page): Page {
    if (page.state === 'open' && page.deal === null) page.state = 'closed';
    return page;
  }

  /** The payer pays, or a payment that was pending ends. */
  pay(id: string, status: 'pending' | 'held' | 'failed'): Deal {
    const page = this.page(id);
    const { minor, currency } = page;
    const sums = { captured: 0, refunded: 0, changedAt: '', moves: [] };
    page.deal ??= { id: `deal-${randomUUID()}`, minor, currency, status, ...sums };
    page.deal.status = status;
    this.#changed(page, page.deal, `${page.deal.id}-${status}`);
    return page.deal;
  }

  /** The merchant moves money, by a call or in the PSP's own back office. */
  #move({ id, kind, minor, reference }: Move): Answer {
    const page = this.page(id);
    const deal = page.deal as Deal;
    const { captured, refunded, status } = deal;
    const left = { capture: deal.minor - captured, refund: captured - refunded, void: deal.minor };
    const isPossible = status === 'held' && minor > 0 && minor <= left[kind];
    if (!isPossible || (kind === 'void' && captured > 0))
      return { status: 409, body: `no ${kind} of ${minor}` };
    if (kind === 'capture') deal.captured += minor;
    if (kind === 'refund') deal.refunded += minor;
    if (kind === 'void') deal.status = 'voided';
    const move = { id: `move-${randomUUID()}`, kind, reference, minor };
    deal.moves.push(move);
    this.#changed(page, deal, move.id);
    return ok(page);
  }

  #changed(page: Page, deal: Deal, id: string): void {
    this.#time += 1_000;
    deal.changedAt = new Date(this.#time).toISOString();
    const body = JSON.stringify({ id, deal: deal.id, labels: page.labels });
    const seconds = Math.floor(Date.now() / 1_000);
    const digest = createHmac('sha256', this.#secret).update(`${seconds}.${body}`).digest('hex');
    this.messages.push({ page: page.id, body, signature: `${seconds}.${digest}` });
  }
}

function ok(body: unknown): Answer {
  // A copy, as over HTTP.
  return { status: 200, body: structuredClone(body) };
}
