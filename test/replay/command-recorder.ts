/**
 * Compiled into the bundle that is replayed: passes every command of the workflows to the test. Workflow
 * code, but not of the product.
 */
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

export interface RecorderSinks extends Sinks {
  readonly recorder: { concluded(commands: readonly object[]): void };
}

const { recorder } = proxySinks<RecorderSinks>();

export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [
    {
      concludeActivation(input, next) {
        const output = next(input);
        recorder.concluded(output.commands);
        return output;
      },
    },
  ],
});
