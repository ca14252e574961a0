/** The wrong fields of a value from outside, in the words of the API: what was expected, and where. */
import type { z } from 'zod';
import type { FieldProblem } from './refusal.ts';

/** The wrong fields of a part of a body. `path`: where the part is. */
export function fieldsOf(
  { issues }: z.core.$ZodError,
  path: readonly PropertyKey[],
  given: unknown,
): FieldProblem[] {
  return issues.flatMap((issue) => fieldProblems(issue, given, path));
}

function fieldProblems(issue: z.core.$ZodIssue, given: unknown, at: readonly PropertyKey[]): FieldProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    const missing = valueAt(given, issue.path) === undefined ? '; it is missing' : '';
    return [
      { pointer: pointerTo([...at, ...issue.path]), detail: `expected ${expectation(issue)}${missing}` },
    ];
  }
  return issue.keys.map((key) => ({
    pointer: pointerTo([...at, ...issue.path, key]),
    detail: 'this field is not known; remove it',
  }));
}

/**
 * zod's own messages say "Invalid input: expected string, received undefined"; the messages of our schemas
 * only say what was expected.
 */
function expectation({ message }: z.core.$ZodIssue): string {
  return message.replace(/^(?:Invalid|Too) [^:]*: expected /, '').replace(/, received undefined$/, '');
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (inner, part) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[part],
    given,
  );
}

/** RFC 6901, cut where it is long. */
export function pointerTo(path: readonly PropertyKey[]): string {
  const pointer = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return pointer.length <= LONGEST_POINTER ? pointer : `${pointer.slice(0, LONGEST_POINTER)}…`;
}

const LONGEST_POINTER = 200;
