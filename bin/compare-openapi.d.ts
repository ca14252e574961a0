/** The differences of two documents in anything but wording, ids and patterns: a JSON Pointer and both values for each. */
export function differences(before: object, after: object): string[];
