/**
 * The differences of two documents, except in wording, ids and patterns: a JSON Pointer with both values for
 * each.
 */
export function differences(before: object, after: object): string[];
