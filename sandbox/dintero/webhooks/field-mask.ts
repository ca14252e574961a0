/**
 * Which fields of a body a subscriber wants: `a,b` for several fields, `a/b` for a nested field, `a(b,c)` for
 * several nested fields, `*` for any field.
 */
import { isObject } from '../../faults/patched.ts';

/** By field name; `all` if the nested fields are not restricted. */
type FieldMask = Map<string, FieldMask | 'all'>;

const TOKENS = /[,/()]|[^,/()]+/g;

/** The mask of a text; null if the text is not valid. */
export function fieldMaskOf(text: string): FieldMask | null {
  const tokens = (text.match(TOKENS) ?? []).map((token) => token.trim());
  const mask = listOf(tokens);
  return tokens.length === 0 ? mask : null;
}

/** The existing fields that the mask names. A nested name below a text or a number gives nothing. */
export function masked(value: unknown, mask: FieldMask | 'all'): unknown {
  if (mask === 'all') return value;
  if (Array.isArray(value)) return value.map((element: unknown) => masked(element, mask));
  if (!isObject(value)) return undefined;
  const wanted = Object.keys(value).flatMap((name) => {
    const below = mask.get(name) ?? mask.get('*');
    return below === undefined ? [] : [[name, masked(value[name], below)] as const];
  });
  return Object.fromEntries(wanted);
}

/** Parses a list and removes it from the front of `tokens`. */
function listOf(tokens: string[]): FieldMask | null {
  const mask: FieldMask = new Map();
  do {
    const item = itemOf(tokens);
    if (item === null) return null;
    const [name, below] = item;
    mask.set(name, joined(mask.get(name), below));
  } while (took(',', tokens));
  return mask;
}

function itemOf(tokens: string[]): readonly [string, FieldMask | 'all'] | null {
  const name = tokens.shift() ?? '';
  if (/^[,/()]?$/.test(name)) return null;
  const below = belowOf(tokens);
  return below === null ? null : [name, below];
}

function belowOf(tokens: string[]): FieldMask | 'all' | null {
  if (took('/', tokens)) {
    const item = itemOf(tokens);
    return item === null ? null : new Map([item]);
  }
  if (!took('(', tokens)) return 'all';
  const list = listOf(tokens);
  return took(')', tokens) ? list : null;
}

function took(token: string, tokens: string[]): boolean {
  if (tokens[0] !== token) return false;
  tokens.shift();
  return true;
}

function joined(one: FieldMask | 'all' | undefined, other: FieldMask | 'all'): FieldMask | 'all' {
  if (one === undefined) return other;
  if (one === 'all' || other === 'all') return 'all';
  const both = new Map(one);
  for (const [name, below] of other) both.set(name, joined(both.get(name), below));
  return both;
}
