import type { ComponentChildren } from 'preact';
import type { Glance } from './glance.ts';
import type { Visit } from './visit.ts';

/** The address of a page: `/payments/{id}?tab=raw` has one parameter and one value of its query. */
export interface Address {
  /** Below the dashboard's own address, as the router knows it: `/payments/:id`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** A part of a page that is kept up to date by itself. It holds no form. */
export interface LivePart {
  /** Unique on its page. */
  readonly id: string;
  /** While something changes, it is renewed this often at most. */
  readonly everyMs: number;
  readonly show: (visit: Visit, address: Address) => Promise<ComponentChildren>;
}

export interface Shown {
  readonly title: string;
  /** What the page is about, above all else; the title where it is absent. */
  readonly heading?: ComponentChildren;
  /** Filters and the like: a script never replaces them, so nothing that somebody types is lost. */
  readonly above?: ComponentChildren;
  /** It is sent again where something has changed. It holds no form. Null where there are `parts`, or nothing. */
  readonly live: ComponentChildren;
  /** Forms. */
  readonly below?: ComponentChildren;
  /** Something else is shown instead: an address below the dashboard's own. */
  readonly goTo?: undefined;
}

/** One page. It reads by the API only and changes nothing. */
export interface Page {
  readonly path: string;
  /** Its name in the navigation; absent for pages of one thing. */
  readonly nav?: string;
  /** Whether the navigation has it in this deployment; always where it is absent. */
  readonly isThere?: (glance: Glance) => boolean;
  /** Values of its query that the browser keeps: where the address does not have one, it is as it was before. */
  readonly remembers?: readonly string[];
  /** What stands in place of the live part of `show`: a page of costly calls has parts, each with its own age. */
  readonly parts?: readonly LivePart[];
  /** While something changes, the live part of `show` is renewed this often at most: a second where it is absent. */
  readonly everyMs?: number;
  readonly show: (visit: Visit, address: Address) => Promise<Shown | { readonly goTo: string }>;
}
