import type { VNode } from 'preact';
import { link } from './text.ts';

export interface SavedView {
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Filters that somebody needs every day, by their names. */
export function SavedViews({ views, at }: { views: readonly SavedView[]; at: string }): VNode {
  return (
    <nav class="saved" aria-label="Saved views">
      {views.map(({ name, query }) => (
        <a href={link(at, query)}>{name}</a>
      ))}
    </nav>
  );
}
