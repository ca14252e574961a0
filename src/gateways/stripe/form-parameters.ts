/** Parameters in the nested form of Stripe's API: `metadata[order]=1001`, `expand[]=payment_intent`. */

export type Parameter =
  | string
  | number
  | boolean
  | undefined
  | readonly Parameter[]
  | { readonly [name: string]: Parameter };

export type Parameters = Readonly<Record<string, Parameter>>;

/**
 * Own code instead of a library: it is ten lines, and the libraries for it are parsers foremost. Lists of
 * objects get a number, lists of values do not, as in Stripe's own libraries.
 */
export function toForm(parameters: Parameters): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) append(form, name, value);
  return form;
}

function append(form: URLSearchParams, name: string, value: Parameter): void {
  if (value === undefined) return;
  if (typeof value !== 'object') return form.append(name, String(value));
  if (isList(value))
    return value.forEach((entry, at) =>
      append(form, typeof entry === 'object' ? `${name}[${at}]` : `${name}[]`, entry),
    );
  for (const [key, entry] of Object.entries(value)) append(form, `${name}[${key}]`, entry);
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: object): value is readonly Parameter[] {
  return Array.isArray(value);
}
