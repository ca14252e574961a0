import type { VNode } from 'preact';
import type { Effect } from '../actions.ts';
import { shown } from './text.ts';

/** Of a reason or a note, as the API takes it. */
export const LONGEST_TEXT = 2_000;

/** Repeats what will be done; its button does it. */
export function ConfirmForm(props: { effect: Effect; action: string; csrf: string; base: string }): VNode {
  const { effect, action, csrf, base } = props;
  const { facts, command, back, refusal } = effect;
  return (
    <section class="card confirm">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>What will happen</h2>
      <ul>
        {effect.effect.map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
      {refusal !== undefined ? (
        <p class="notice" role="alert">
          {refusal}
        </p>
      ) : (
        <Form effect={effect} action={action} csrf={csrf} />
      )}
      {command !== undefined && (
        <p class="small muted">
          On a command line: <code>{shown(command, 600)}</code>
        </p>
      )}
      <p>
        <a href={`${base}${back}`}>Back, without doing anything</a>
      </p>
    </section>
  );
}

function Form(props: { effect: Effect; action: string; csrf: string }): VNode {
  const { effect, action, csrf } = props;
  const { fields, hidden = {}, reason, reasonName = 'Reason', button } = effect;
  return (
    <form method="post" action={action}>
      <input type="hidden" name="csrf" value={csrf} />
      {Object.entries(hidden).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {fields}
      {reason !== null && (
        <label>
          {reasonName}
          <input name="reason" required maxLength={LONGEST_TEXT} autocomplete="off" value={reason} />
        </label>
      )}
      <button type="submit">{button}</button>
    </form>
  );
}
