/** Reads the fields that the payer's page has at every sandbox. */

/** Whole seconds of at most a day; anything else counts as 0. */
export function secondsOf(form: URLSearchParams, name: string): number {
  const seconds = Number(form.get(name) ?? 0);
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400 ? seconds : 0;
}

/** The fault of each later operation that the payer has chosen; empty where none is chosen. */
export function chosenTroubles<Troubles extends Readonly<Record<string, { readonly fault: unknown }>>>(
  form: URLSearchParams,
  troubles: Troubles,
): Partial<Record<'capture' | 'refund' | 'void', Troubles[keyof Troubles]['fault']>> {
  const chosen = (['capture', 'refund', 'void'] as const).flatMap((kind) => {
    const name = form.get(`${kind}Trouble`) ?? '';
    return Object.hasOwn(troubles, name) ? [[kind, troubles[name]?.fault] as const] : [];
  });
  return Object.fromEntries(chosen);
}

/** What to do with the copies of a message: when, how many and how signed. Empty where nothing is unusual. */
export function chosenCopies(form: URLSearchParams): {
  delayMs?: number;
  copies?: number;
  together?: boolean;
  sign?: 'wrong';
} {
  const delayMs = secondsOf(form, 'delay') * 1_000;
  const together = form.has('together');
  return {
    ...(delayMs > 0 && { delayMs }),
    ...((together || form.has('duplicate')) && { copies: 2, together }),
    ...(form.has('badSignature') && { sign: 'wrong' as const }),
  };
}
