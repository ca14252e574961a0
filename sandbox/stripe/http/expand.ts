/** `expand[]`: ids in an answer become the objects themselves. */
import { isObject } from '../../faults/patched.ts';
import type { StripeLedger } from '../records/stripe-ledger.ts';
import { StripeError } from './stripe-error.ts';

/** Objects that an answer contains only if they are asked for, by the object's kind and their name. */
type Hidden = (owner: Readonly<Record<string, unknown>>, name: string) => unknown;

const DEEPEST = 4;

/** A copy of the answer with the objects that the paths name, such as `data.payment_intent.latest_charge`. */
export function expanded(
  answer: object,
  paths: readonly string[],
  ledger: StripeLedger,
  hidden: Hidden,
): object {
  const copy = structuredClone(answer);
  for (const path of paths) {
    const names = path.split('.');
    const depth = names[0] === 'data' ? names.length - 1 : names.length;
    if (depth > DEEPEST) throw cannotExpand(`You cannot expand more than ${DEEPEST} levels of a property.`);
    fill(copy, names, { path, ledger, hidden });
  }
  return copy;
}

function fill(
  owner: unknown,
  [name, ...rest]: readonly string[],
  at: { path: string; ledger: StripeLedger; hidden: Hidden },
): void {
  if (name === undefined || owner === null) return;
  if (Array.isArray(owner)) return owner.forEach((element) => fill(element, [name, ...rest], at));
  if (!isObject(owner)) throw notExpandable(at.path);
  const value = owner[name] ?? at.hidden(owner, name);
  if (typeof value === 'string') {
    const found = at.ledger.find(value);
    if (found === undefined) throw notExpandable(at.path);
    owner[name] = structuredClone(found);
  } else if (value === undefined && !(name in owner)) throw notExpandable(at.path);
  else if (value !== undefined) owner[name] = value;
  fill(owner[name], rest, at);
}

function notExpandable(path: string): Error {
  return cannotExpand(`This property cannot be expanded (${path}).`);
}

/** Found after the request had its effect, so that its key stays bound to the answer. */
function cannotExpand(message: string): Error {
  return new StripeError(400, { message, param: 'expand' });
}
