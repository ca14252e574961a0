import type { ComponentChildren } from 'preact';
import type { Scope } from '../config/api-keys.ts';
import type { Address } from './page.ts';
import { captureMany } from './pages/capture-many.tsx';
import { markAction } from './pages/mark-action.tsx';
import { MONEY_ACTIONS } from './pages/money-actions.tsx';
import { SUPPORT_ACTIONS } from './pages/support-actions.tsx';
import { TEST_BENCH_ACTIONS } from './pages/test-bench-actions.tsx';
import { sendManyAgain } from './pages/updates-many.tsx';
import type { Visit } from './visit.ts';

/** The page that repeats what will be done, before it is done. */
export interface Effect {
  readonly title: string;
  /** Order, amount and the like. */
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
  /** What will happen, a sentence each. */
  readonly effect: readonly string[];
  /** More fields of the form. */
  readonly fields?: ComponentChildren;
  /** Sent with the form as they are. */
  readonly hidden?: Readonly<Record<string, string>>;
  /** The form asks for it where it was not given before. Null where none is needed. */
  readonly reason: string | null;
  /** What the field is called; `Reason` where it is absent. */
  readonly reasonName?: string;
  readonly button: string;
  /** The same on a command line. */
  readonly command?: string;
  /** Where the person came from, below the dashboard's own address. */
  readonly back: string;
  /** Why it can't be done now: there is no button then. */
  readonly refusal?: string | undefined;
}

/** Something that a person does. GET shows its effect, POST does it by one call of the API. */
export interface Action {
  readonly path: string;
  /** One of these is needed. */
  readonly scopes: readonly Scope[];
  readonly confirm: (visit: Visit, address: Address) => Promise<Effect>;
  /** Does it, once for the same form. @returns the address of the result, below the dashboard's own */
  readonly act: (visit: Visit, address: Address, form: URLSearchParams) => Promise<string>;
}

export const ACTIONS: readonly Action[] = [
  ...MONEY_ACTIONS,
  captureMany,
  ...SUPPORT_ACTIONS,
  sendManyAgain,
  markAction,
  ...TEST_BENCH_ACTIONS,
];
