/** Acting on many rows of a list: they are ticked in a form, and each is done by a call of its own. */
import type { ComponentChildren, VNode } from 'preact';
import { Table, type Column } from '../parts/list.tsx';
import { TroubleNote } from '../parts/trouble.tsx';
import { Refused } from '../refused.ts';
import { troubleOf, type Part } from '../visit.ts';

/** How many rows a person may act on at once. */
export const MOST_CHOSEN = 50;
const AT_ONCE = 5;

/** The first column of a list whose rows can be ticked. */
export function tickColumn<Row>(
  name: string,
  of: { idOf: (row: Row) => string; nameOf: (row: Row) => string; cell: (row: Row) => ComponentChildren },
): Column<Row> {
  return {
    name,
    cell: (row) => (
      <>
        <input type="checkbox" name="id" value={of.idOf(row)} aria-label={`Choose ${of.nameOf(row)}`} />{' '}
        {of.cell(row)}
      </>
    ),
  };
}

/** Around such a list. Its button leads to the page of effect. */
export function TickForm(props: { action: string; button: string; children: ComponentChildren }): VNode {
  return (
    <form method="get" action={props.action} class="tick-list">
      {props.children}
      <p>
        <button type="submit">{props.button}</button>{' '}
        <span class="muted small">At most {MOST_CHOSEN} at once. The next page says what will happen.</span>
      </p>
    </form>
  );
}

/** What became of each of them. */
export function ManyResults<Row extends Outcome>(props: {
  label: string;
  columns: readonly Column<Row>[];
  results: Part<readonly Row[]>;
}): VNode {
  const { label, columns, results } = props;
  if (results.trouble !== undefined) return <TroubleNote trouble={results.trouble} what="The result" />;
  return (
    <Table
      label={label}
      columns={columns}
      rows={results.data}
      idOf={({ id }) => id}
      empty="Nothing was asked for."
    />
  );
}

/** The ids that were ticked. */
export function tickedIn(query: URLSearchParams): string[] {
  return [...new Set(query.getAll('id').filter((id) => id !== ''))];
}

/** Why these can't be acted on; undefined where they can. */
export function refusalOfTicked({ length }: readonly string[]): string | undefined {
  if (length === 0) return 'No row was chosen: tick at least one.';
  if (length > MOST_CHOSEN) return `${length} rows were chosen; at most ${MOST_CHOSEN} were expected.`;
  return undefined;
}

/** What was shown on the page of effect, and is done now. */
export type Chosen = readonly (readonly [id: string, ...values: (string | number)[]])[];

/** @throws Refused */
export function chosenIn(form: URLSearchParams): Chosen {
  try {
    const chosen = JSON.parse(form.get('chosen') ?? '') as Chosen;
    if (chosen.length > 0 && chosen.length <= MOST_CHOSEN && chosen.every(isChosen)) return chosen;
  } catch {
    // Said below.
  }
  throw new Refused(
    422,
    'The form is not complete',
    'Nothing was done. Go back to the list and use its button.',
  );
}

function isChosen(one: unknown): boolean {
  const isValue = (value: unknown) => ['string', 'number'].includes(typeof value);
  return Array.isArray(one) && typeof one[0] === 'string' && one.every(isValue);
}

export interface Outcome {
  readonly id: string;
  /** The code of the refusal, `ok` without one. */
  readonly code: string;
  /** The reference of what was asked for, where it has one. */
  readonly reference: string;
}

/** Does each by itself, some at a time: one that is refused does not stop the others. */
export async function doEach(
  chosen: Chosen,
  act: (one: Chosen[number]) => Promise<unknown>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < chosen.length; at += AT_ONCE) {
    const some = chosen.slice(at, at + AT_ONCE).map(async (one): Promise<Outcome> => {
      const asked = { id: one[0], reference: String(one[2] ?? '') };
      try {
        await act(one);
        return { ...asked, code: 'ok' };
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === null) throw error;
        return { ...asked, code: trouble.code };
      }
    });
    outcomes.push(...(await Promise.all(some)));
  }
  return outcomes;
}

/** The outcomes as a query, for the page of the result. */
export function outcomeQuery(outcomes: readonly Outcome[]): URLSearchParams {
  return new URLSearchParams(
    outcomes.flatMap(({ id, code, reference }) => [
      ['id', id],
      ['code', code],
      ['reference', reference],
    ]),
  );
}

export function outcomesIn(query: URLSearchParams): Outcome[] {
  const [codes, references] = [query.getAll('code'), query.getAll('reference')];
  return query
    .getAll('id')
    .slice(0, MOST_CHOSEN)
    .map((id, at) => ({
      id,
      code: /^[a-z0-9_]{1,40}$/.exec(codes[at] ?? '')?.[0] ?? 'unknown',
      reference: references[at] ?? '',
    }));
}
