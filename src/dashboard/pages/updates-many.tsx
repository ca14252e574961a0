/** Some updates of a list, chosen one by one, are sent again. */
import type { PaidonceClient } from '@paidonce/client';
import type { Action } from '../actions.ts';
import type { Page } from '../page.ts';
import { chosen, Filters, ListPart, type Column } from '../parts/list.tsx';
import { Pill } from '../parts/pill.tsx';
import { link, shown } from '../parts/text.ts';
import { may, part, type Visit } from '../visit.ts';
import {
  chosenIn,
  doEach,
  ManyResults,
  MOST_CHOSEN,
  outcomeQuery,
  outcomesIn,
  refusalOfTicked,
  tickColumn,
  tickedIn,
  TickForm,
  type Outcome,
} from './many.tsx';
import { reasonOf } from './reason.ts';
import { updateColumns, UPDATE_FILTERS, type Update } from './update-columns.tsx';

type Query = Parameters<PaidonceClient['updates']['list']>[0];

export const chooseUpdatesPage: Page = {
  path: '/choose-updates',
  async show(visit, { query }) {
    const filters = { state: 'gave_up', ...chosen(UPDATE_FILTERS, query) };
    const at = `${visit.base}/choose-updates`;
    const cursor = query.get('cursor') ?? undefined;
    const list = await part(visit.api.updates.list({ ...filters, limit: MOST_CHOSEN, cursor } as Query));
    const isTicked = may(visit, 'support') && (list.data?.data.length ?? 0) > 0;
    const table = (
      <ListPart
        label="Updates"
        list={list}
        columns={columnsOf(visit, isTicked)}
        idOf={({ effectId }) => effectId}
        next={(next) => link(at, { ...filters, cursor: next })}
        empty="No update matches."
      />
    );
    return {
      title: 'Choose updates',
      above: <Filters filters={UPDATE_FILTERS} query={new URLSearchParams(filters)} at={at} />,
      live: null,
      below: isTicked ? (
        <TickForm action={`${at}/send-again`} button="Send the ticked ones again">
          {table}
        </TickForm>
      ) : (
        table
      ),
    };
  },
};

function columnsOf(visit: Visit, isTicked: boolean): Column<Update>[] {
  const [first, ...others] = updateColumns(visit);
  if (!isTicked || first === undefined) return updateColumns(visit);
  const nameOf = ({ type, orderReference }: Update) => `${type} of order ${shown(orderReference, 64)}`;
  const idOf = ({ effectId }: Update) => effectId;
  return [tickColumn(first.name, { idOf, nameOf, cell: first.cell }), ...others];
}

export const sendManyAgain: Action = {
  path: '/choose-updates/send-again',
  scopes: ['support'],
  async confirm({ api }, { query }) {
    const ids = tickedIn(query);
    const refusal = refusalOfTicked(ids);
    const found =
      refusal === undefined
        ? await Promise.all(ids.map(async (id) => ({ id, sent: (await api.updates.listAttempts(id)).data })))
        : [];
    return {
      title: 'Send chosen updates again',
      facts: [
        ['Updates', String(found.length)],
        ...found.map(({ id, sent }) => [shown(id, 100), `sent ${sent[0]?.n ?? 0} times`] as const),
      ],
      effect: [
        'The shop gets each of them now, with its own webhook-id, and again for up to three days until it answers 2xx.',
        'One that a later update replaces is refused. A shop that has handled one already ignores it by its id.',
      ],
      hidden: { chosen: JSON.stringify(found.map(({ id, sent }) => [id, sent[0]?.n ?? 0])) },
      reason: query.get('reason') ?? '',
      button: `Send ${found.length} now`,
      back: '/choose-updates',
      refusal,
    };
  },
  async act({ api, who }, _address, form) {
    const reason = reasonOf(form);
    const outcomes = await doEach(chosenIn(form), ([effectId, attempts]) =>
      api.updates.redeliver({ effectId, attempts: Number(attempts), actor: who.person, reason }),
    );
    return `/choose-updates/result?${outcomeQuery(outcomes)}`;
  },
};

interface Result extends Outcome {
  readonly state: string;
  readonly attempts: number;
}

/** What became of each. It changes while the shop answers. */
export const sentManyPage: Page = {
  path: '/choose-updates/result',
  async show({ api, base }, { query }) {
    const results = await part(
      Promise.all(
        outcomesIn(query).map(async (one): Promise<Result> => {
          const { state, data } = await api.updates.listAttempts(one.id);
          return { ...one, state, attempts: data[0]?.n ?? 0 };
        }),
      ),
    );
    const columns: Column<Result>[] = [
      {
        name: 'Update',
        cell: ({ id }) => <a href={`${base}/updates/${encodeURIComponent(id)}`}>{shown(id, 100)}</a>,
      },
      { name: 'This request', cell: ({ code }) => (code === 'ok' ? 'taken' : `refused: ${code}`) },
      { name: 'State', cell: ({ state }) => <Pill word={state} /> },
      { name: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
    ];
    return {
      title: 'What was sent again',
      live: <ManyResults label="What was sent again" columns={columns} results={results} />,
      below: (
        <p>
          <a href={`${base}/updates`}>To all updates</a>
        </p>
      ),
    };
  },
};
