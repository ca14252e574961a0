import { moneyWorkflowId, paymentWorkflowId } from '../../src/workflows/messages.ts';

interface RecordedHistory {
  readonly events: readonly [
    {
      workflowExecutionStartedEventAttributes: {
        workflowId?: string;
        workflowType: { name: string };
        input: { payloads: [{ data: string }] };
      };
    },
  ];
}

/** The workflow of the history. Not every server records it, and a run refuses the input of another. */
export function recordedId(history: unknown): string {
  const [{ workflowExecutionStartedEventAttributes: started }] = (history as RecordedHistory).events;
  if (started.workflowId !== undefined) return started.workflowId;
  const input = JSON.parse(Buffer.from(started.input.payloads[0].data, 'base64').toString());
  return started.workflowType.name === 'moneyOperations'
    ? moneyWorkflowId(input.paymentId)
    : paymentWorkflowId(input);
}
