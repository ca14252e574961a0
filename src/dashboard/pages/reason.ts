import { Refused } from '../refused.ts';

/** The reason that every form asks for. @throws Refused */
export function reasonOf(form: URLSearchParams): string {
  const reason = form.get('reason')?.trim() ?? '';
  if (reason !== '') return reason;
  throw new Refused(
    422,
    'A reason was expected',
    'Nothing was done. Go back and say why: it is kept with what you do.',
  );
}
