import type { VNode } from 'preact';

/** Several of some words, each with a box to tick. */
export function Choice(props: {
  name: string;
  legend: string;
  words: readonly string[];
  chosen: readonly string[];
}): VNode {
  const { name, legend, words, chosen: ticked } = props;
  return (
    <fieldset class="ticks">
      <legend>{legend}</legend>
      {words.map((word) => (
        <label>
          <input type="checkbox" name={name} value={word} checked={ticked.includes(word)} /> {word}
        </label>
      ))}
    </fieldset>
  );
}
