/** A person claims what needs somebody, puts it off, or writes a note on it for colleagues. */
import type { PaidonceClient } from '@paidonce/client';
import type { VNode } from 'preact';
import type { Action } from '../actions.ts';
import { LONGEST_TEXT } from '../parts/confirm-form.tsx';
import { link, shown, utc } from '../parts/text.ts';
import { Refused } from '../refused.ts';
import type { Visit } from '../visit.ts';

type Item = Awaited<ReturnType<PaidonceClient['attention']['list']>>['data'][number];

const HOUR_MS = 3_600_000;
const PUT_OFF = [
  { hours: 0, text: 'no: it stays in the list' },
  { hours: 1, text: 'for an hour' },
  { hours: 4, text: 'for 4 hours' },
  { hours: 24, text: 'for a day' },
  { hours: 72, text: 'for 3 days' },
  { hours: 168, text: 'for a week' },
];
const LONGEST_HOURS = 720;

/** The page of one item, or of all with one cause. */
export function markLink(base: string, items: readonly Item[]): string {
  const [first] = items;
  return items.length > 1
    ? link(`${base}/mark`, { cause: first?.cause })
    : link(`${base}/mark`, { item: first?.id });
}

export const markAction: Action = {
  path: '/mark',
  scopes: ['support', 'money'],
  async confirm(visit, { query }) {
    const asked = { item: query.get('item') ?? '', cause: query.get('cause') ?? '' };
    const items = await itemsOf(visit, asked);
    const [first] = items;
    const what = items.length > 1 ? `${items.length} times: ${first?.cause}` : first?.text;
    const mark = newestMark(items);
    const { owner, snoozedUntil, note } = mark ?? { owner: null, snoozedUntil: null, note: null };
    return {
      title: 'Claim, put off, or write a note',
      facts: [
        ['What', shown(what ?? 'It does not need anybody any more')],
        ['Owner now', shown(owner ?? 'nobody', 80)],
        ['Put off until', snoozedUntil === null ? 'not put off' : `${utc(snoozedUntil)} UTC`],
        [
          'Note',
          mark?.note
            ? `“${shown(mark.note, LONGEST_TEXT)}” (${shown(mark.actor, 80)}, ${utc(mark.updatedAt)} UTC)`
            : 'none',
        ],
      ],
      effect: [
        'Colleagues see who looks after it, and the note. It moves no money and decides nothing.',
        'What is put off is left out of the list until then. It comes back by itself if its cause still lasts.',
      ],
      fields: <MarkFields person={visit.who.person} owner={owner} note={note ?? ''} />,
      hidden: asked,
      reason: null,
      button: items.length > 1 ? `Keep this for all ${items.length}` : 'Keep this',
      back: '',
      refusal: first === undefined ? 'Nothing with this id or cause needs somebody now.' : undefined,
    };
  },
  async act(visit, _address, form) {
    const asked = { item: form.get('item') ?? '', cause: form.get('cause') ?? '' };
    const note = form.get('note')?.trim() ?? '';
    const mark = {
      owner: form.get('owner') === 'nobody' ? null : visit.who.person,
      note: note === '' ? null : note,
      snoozeUntil: untilOf(form, visit.now),
      actor: visit.who.person,
    };
    for (const { id } of await itemsOf(visit, asked)) await visit.api.attention.mark({ item: id, ...mark });
    return '#needs';
  },
};

/** A fault may have items that came after somebody claimed it. */
export function newestMark(items: readonly Item[]): Item['mark'] {
  const marks = items.flatMap(({ mark }) => mark ?? []);
  return marks.toSorted((one, other) => other.updatedAt.localeCompare(one.updatedAt))[0] ?? null;
}

async function itemsOf({ api }: Visit, { item, cause }: { item: string; cause: string }): Promise<Item[]> {
  const { data } = await api.attention.list({ snoozed: 'true' });
  return data.filter((one) => (item !== '' ? one.id === item : cause !== '' && one.cause === cause));
}

function MarkFields(props: { person: string; owner: string | null; note: string }): VNode {
  const { person, owner, note } = props;
  return (
    <>
      <label>
        Who looks after it
        <select name="owner">
          <option value="me">{`I do: ${shown(person, 60)}`}</option>
          <option value="nobody">{owner === null ? 'nobody' : 'nobody any more'}</option>
        </select>
      </label>
      <label>
        Put it off
        <select name="hours">
          {PUT_OFF.map(({ hours, text }) => (
            <option value={String(hours)}>{text}</option>
          ))}
        </select>
      </label>
      <label>
        Or until a time of your own (UTC)
        <input name="until" type="datetime-local" />
      </label>
      <label>
        Note for colleagues
        <textarea name="note" rows={3} maxLength={LONGEST_TEXT}>
          {shown(note, LONGEST_TEXT)}
        </textarea>
      </label>
    </>
  );
}

/** @throws Refused */
function untilOf(form: URLSearchParams, now: Date): string | null {
  const until = form.get('until') ?? '';
  const hours = Math.min(Math.max(Number(form.get('hours') ?? '0') || 0, 0), LONGEST_HOURS);
  if (until === '') return hours === 0 ? null : new Date(now.getTime() + hours * HOUR_MS).toISOString();
  const time = new Date(`${until}Z`);
  if (!Number.isNaN(time.getTime()) && time > now) return time.toISOString();
  throw new Refused(
    422,
    'The time can’t be used',
    'A time to come was expected, such as 2026-11-21T12:00. Nothing was done.',
  );
}
