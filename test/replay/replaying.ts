/** The stored histories, and a replay of workflow code against them that compares more than Temporal's. */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { PayloadKeys } from '../../src/config/payload-keys.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { makeReadable } from '../../src/temporal/readable.ts';
import { workflowSources } from '../../src/worker/workflow-sources.ts';
import { HISTORY_KEY, payloadKeys } from '../support/payload-keys.ts';
import { recordedId } from '../support/recorded-id.ts';
import { differences, type Command, type History } from './commands.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const HISTORIES = join(ROOT, 'test', 'histories');

const codec = createPayloadCodec(keysOf(process.env['PAYLOAD_KEYS']));

/** For replays of histories of which some are encrypted. */
export const HISTORY_CONVERTER = { payloadCodecs: [codec] };

/** The key of our own histories, and those of the environment for histories from elsewhere. */
function keysOf(more: string | undefined): PayloadKeys {
  return payloadKeys([HISTORY_KEY, ...(more === undefined ? [] : [more])].join(','));
}

export interface StoredHistory {
  /** `money-busy`: its file without `.json`. */
  readonly name: string;
  readonly workflowId: string;
  /** As it is stored. */
  readonly history: History;
  /** With its payloads decrypted. */
  readonly readable: History;
}

/** All histories of a folder, by name; by default those of `test/histories`. */
export async function storedHistories(folder = HISTORIES): Promise<StoredHistory[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const read = async (file: string) => {
    const json: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
    const name = file.replace(/\.json$/, '');
    const [history, readable] = [historyFromJSON(json), historyFromJSON(json)];
    await makeReadable(readable, codec);
    return { name, workflowId: recordedId(json), history, readable };
  };
  return Promise.all(files.toSorted().map(read));
}

/** Histories with traces have the same commands, apart from the trace of their activities. */
const TRACED = { isEncrypted: false, isTraced: true };

/**
 * Workflows with the recorder of their commands, compiled close to the source, so that V8's blocks are those
 * of the source.
 */
export function replayBundle(
  sources: { workflowsPath: string; workflowInterceptorModules?: string[] } = workflowSources(
    join(ROOT, 'src'),
    TRACED,
  ),
): Promise<WorkflowBundle> {
  const recorder = join(import.meta.dirname, 'command-recorder.ts');
  return bundleWorkflowCode({
    ...sources,
    workflowInterceptorModules: [...(sources.workflowInterceptorModules ?? []), recorder],
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook(config) {
      for (const rule of (config.module?.rules ?? []) as { use?: { options?: SwcOptions } }[])
        if (rule.use?.options?.jsc !== undefined) rule.use.options.jsc.target = 'es2022';
      return config;
    },
  });
}

interface SwcOptions {
  readonly jsc?: { target: string };
}

export interface Replayed {
  readonly name: string;
  /**
   * Temporal's own refusal, or the commands in which the code and the history differ; none where it replays.
   */
  readonly faults: readonly string[];
}

/**
 * Replays one after another, in this thread. A workflow that never ends is stopped after 20 s, and may stop
 * the process with it.
 */
export async function* replay(
  workflowBundle: WorkflowBundle,
  histories: readonly StoredHistory[],
): AsyncGenerator<Replayed> {
  const commands: Command[] = [];
  const fn = (_: unknown, concluded: readonly Command[]): void => void commands.push(...concluded);
  const options = {
    workflowBundle,
    dataConverter: HISTORY_CONVERTER,
    sinks: { recorder: { concluded: { fn, callDuringReplay: true } } },
    isolateExecutionTimeout: '20s',
  };
  const left = [...histories];
  for await (const { error } of Worker.runReplayHistories(options, histories)) {
    const { name, readable } = left.shift() as StoredHistory;
    const given = commands.splice(0);
    yield { name, faults: error === undefined ? differences(readable, given) : [error.message] };
  }
}

/**
 * The first history that a bundle does not replay; null where it replays all. `onReplayed` is called for each
 * history that it replays.
 */
export async function firstFault(
  bundle: WorkflowBundle,
  histories: readonly StoredHistory[],
  onReplayed: () => void = () => {},
): Promise<Replayed | null> {
  for await (const replayed of replay(bundle, histories)) {
    if (replayed.faults.length > 0) return replayed;
    onReplayed();
  }
  return null;
}

/** A copy of the sources in which one file at a time can be replaced. */
export interface ChangedSources {
  /** @throws Error where the result does not compile */
  bundle(file: string, text: string): Promise<WorkflowBundle>;
  remove(): Promise<void>;
}

export async function changedSources(): Promise<ChangedSources> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-changed-'));
  await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    async bundle(file, text) {
      await writeFile(join(folder, file), text);
      try {
        return await replayBundle(workflowSources(join(folder, 'src'), TRACED));
      } finally {
        await cp(join(ROOT, file), join(folder, file));
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
