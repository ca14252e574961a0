/** Merges objects at any depth; a list gets the patch in each element. */
export function patched(value: unknown, patch: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => patched(element, patch));
  if (!isObject(value)) return patch;
  const result: Record<string, unknown> = { ...value };
  for (const [name, part] of Object.entries(patch)) {
    const isMerged = isObject(part) && (isObject(result[name]) || Array.isArray(result[name]));
    result[name] = isMerged ? patched(result[name], part) : part;
  }
  return result;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
