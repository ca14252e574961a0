export type Parameters = readonly (readonly [name: string, value: string])[];

/** The URL with parameters added after its own query, which stays unchanged. */
export function withParameters(url: string, parameters: Parameters): string {
  const result = new URL(url);
  const added = new URLSearchParams(
    parameters.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  if (added !== '') result.search = result.search === '' ? added : `${result.search}&${added}`;
  return result.href;
}

/** The same parameters in another order. Equal names keep their order, so the signature stays valid. */
export function reordered(url: string): string {
  const result = new URL(url);
  const backwards = [...result.searchParams].sort(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0));
  result.search = new URLSearchParams(backwards).toString();
  return result.href;
}
