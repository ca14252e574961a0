import type { VNode } from 'preact';
import { Page } from './layout.tsx';

/** The texts of a failure. paidonce's support asks for `code` and `requestId`. */
export interface ProblemInWords {
  readonly heading: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
  /** The order that the failure is about, for a link to it. */
  readonly reference?: string | undefined;
}

export function ProblemPage(props: { problem: ProblemInWords; temporalUiUrl: string | undefined }): VNode {
  const { problem } = props;
  return (
    <Page title={problem.heading} temporalUiUrl={props.temporalUiUrl}>
      <section class="card" role="alert">
        <h1>{problem.heading}</h1>
        <p class="lead">{problem.message}</p>
        {problem.code !== undefined && (
          <p class="muted">
            Code <code>{problem.code}</code>, request <code>{problem.requestId ?? 'unknown'}</code>
          </p>
        )}
        <p>
          {problem.reference === undefined ? (
            <a href="/">Back to the products</a>
          ) : (
            <a href={`/orders/${encodeURIComponent(problem.reference)}`}>Go to order {problem.reference}</a>
          )}
        </p>
      </section>
    </Page>
  );
}
