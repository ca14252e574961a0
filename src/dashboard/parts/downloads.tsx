import type { VNode } from 'preact';
import { link } from './text.ts';

/** The lists of the API that can be had as a file. */
export const LISTS = ['payments', 'operations', 'deliveries', 'updates', 'audit'] as const;

/** The whole list of a filter as a file, not only the page that is shown. */
export function Downloads(props: {
  base: string;
  list: (typeof LISTS)[number];
  filters: Readonly<Record<string, string>>;
}): VNode {
  const at = `${props.base}/download/${props.list}`;
  return (
    <p class="small downloads">
      All of this list:{' '}
      {['csv', 'json'].map((format) => (
        <>
          <a href={link(at, { ...props.filters, format })} download>
            {format.toUpperCase()}
          </a>{' '}
        </>
      ))}
    </p>
  );
}
