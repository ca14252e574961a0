/** Lists: a table of rows with a link each, filters that are part of the address, and the next page. */
import type { ComponentChildren, VNode } from 'preact';
import type { Part } from '../visit.ts';
import { Choice } from './choice.tsx';
import { link, shown } from './text.ts';
import { TroubleNote } from './trouble.tsx';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: true;
}

interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Names a row, so that a script finds it again in newer rows. */
  readonly idOf: (row: Row) => string;
  /** The transaction of a row: what is about the same one is lit together. */
  readonly transactionOf?: (row: Row) => string | null;
  readonly empty: string;
}

/** The first column of a row is its heading and holds its link. */
export function Table<Row>({
  label,
  columns,
  rows,
  idOf,
  transactionOf = () => null,
  empty,
}: TableProps<Row>): VNode {
  if (rows.length === 0) return <p class="muted empty">{empty}</p>;
  return (
    // A table that is wider than the screen is scrolled by the keyboard too.
    <div class="scroll" role="region" aria-label={`Table: ${label}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th scope="col" class={isNumber && 'number'}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr data-row={shown(idOf(row), 2_000)} data-transaction={lightOf(transactionOf(row))}>
              {columns.map(({ cell, isNumber }, index) =>
                index === 0 ? (
                  <th scope="row">{cell(row)}</th>
                ) : (
                  <td class={isNumber && 'number'}>{cell(row)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** As the timeline has it. */
function lightOf(transaction: string | null): string | undefined {
  return transaction === null ? undefined : shown(transaction, 100);
}

export interface Listed<Row> {
  readonly data: readonly Row[];
  readonly hasMore: boolean;
  readonly nextCursor?: string | null | undefined;
}

/** A page of a list, or the reason why it is missing. */
export function ListPart<Row>({
  list,
  next,
  ...table
}: Omit<TableProps<Row>, 'rows'> & { list: Part<Listed<Row>>; next: (cursor: string) => string }): VNode {
  if (list.trouble !== undefined) return <TroubleNote trouble={list.trouble} what={table.label} />;
  const { data: rows, hasMore, nextCursor } = list.data;
  return (
    <>
      <Table {...table} rows={rows} />
      {hasMore && nextCursor && (
        <p class="pager">
          <a href={next(nextCursor)} rel="next">
            Older
          </a>
        </p>
      )}
    </>
  );
}

export interface Filter {
  /** The name in the query of the page and of the API. */
  readonly name: string;
  readonly label: string;
  /** The words to choose from; free text where it is absent. */
  readonly words?: readonly string[];
  /** Several of the words may be chosen. */
  readonly isMulti?: true;
  readonly hint?: string;
}

/** The values of a query that these filters know. */
export function chosen(filters: readonly Filter[], query: URLSearchParams): Record<string, string> {
  const given = filters.map(({ name, isMulti }) => {
    const values = isMulti ? query.getAll(name) : [query.get(name) ?? ''];
    return [name, values.map((value) => wholeTime(value.trim())).join(',')] as const;
  });
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** A day alone means its beginning, in UTC. No id looks like one. */
function wholeTime(given: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00Z` : given;
}

/** A form that changes the address, and a mark for each value that is chosen, with the link that removes it. */
export function Filters({
  filters,
  query,
  at,
}: {
  filters: readonly Filter[];
  query: URLSearchParams;
  at: string;
}): VNode {
  const now = chosen(filters, query);
  const isAny = Object.keys(now).length > 0;
  return (
    <div class="filters">
      {isAny && <Chosen filters={filters} now={now} at={at} />}
      <details open={false}>
        <summary>Filter</summary>
        <form method="get" action={at}>
          {filters.map((filter) => (
            <Field filter={filter} value={now[filter.name] ?? ''} />
          ))}
          <button type="submit">Show</button>
        </form>
      </details>
    </div>
  );
}

function Chosen({
  filters,
  now,
  at,
}: {
  filters: readonly Filter[];
  now: Record<string, string>;
  at: string;
}): VNode {
  return (
    <ul class="chips" aria-label="Filters in use">
      {filters
        .filter(({ name }) => now[name] !== undefined)
        .map(({ name, label }) => (
          <li>
            {label}: <bdi>{shown(now[name] ?? '', 80)}</bdi>{' '}
            <a href={link(at, { ...now, [name]: undefined })} aria-label={`Remove the filter ${label}`}>
              ✕
            </a>
          </li>
        ))}
    </ul>
  );
}

function Field({ filter, value }: { filter: Filter; value: string }): VNode {
  const { name, label, words, isMulti, hint } = filter;
  if (isMulti) return <Choice name={name} legend={label} words={words ?? []} chosen={value.split(',')} />;
  return (
    <label>
      {label}
      {words === undefined ? (
        <input name={name} value={value} placeholder={hint} autocomplete="off" />
      ) : (
        <select name={name}>
          <option value="">any</option>
          {words.map((word) => (
            <option value={word} selected={word === value}>
              {word}
            </option>
          ))}
          {value !== '' && !words.includes(value) && (
            <option value={value} selected>
              {shown(value, 80)}
            </option>
          )}
        </select>
      )}
    </label>
  );
}
