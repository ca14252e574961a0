/** Small faults like those of people, at every place of the workflow code where one is possible. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHOWN_ONLY } from './exceptions.ts';
import { walk, workflowDeclarations, type Node } from './sources.ts';

export interface Mutant {
  /** `src/workflows/look.ts` */
  readonly file: string;
  readonly line: number;
  /** The original text and its replacement. */
  readonly from: string;
  readonly to: string;
  /** The whole file with the fault. */
  readonly text: string;
}

/** In the order of their places in the sources. */
export function allMutants(root: string): Mutant[] {
  const texts = new Map<string, Buffer>();
  const declarations = workflowDeclarations(root).filter(
    ({ names }) => !names.some((name) => SHOWN_ONLY.has(name)),
  );
  return declarations.flatMap(({ file, node }) => {
    const text = texts.get(file) ?? readFileSync(join(root, file));
    texts.set(file, text);
    return placesIn(node).flatMap((place) => faultsAt(place, text).map((fault) => mutant(file, text, fault)));
  });
}

/** This many of them, by a seed, no two at the same place. */
export function someMutants(all: readonly Mutant[], seed: number, count: number): Mutant[] {
  const random = randomFrom(seed);
  const left = [...all];
  const some: Mutant[] = [];
  while (some.length < count && left.length > 0) {
    const [one] = left.splice(Math.floor(random() * left.length), 1) as [Mutant];
    if (!some.some(({ file, line }) => file === one.file && line === one.line)) some.push(one);
  }
  return some;
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Bytes from 0. */
interface Fault {
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

function mutant(file: string, text: Buffer, { start, end, to }: Fault): Mutant {
  const mutated = Buffer.concat([text.subarray(0, start), Buffer.from(to), text.subarray(end)]);
  const line = text.subarray(0, start).toString('utf8').split('\n').length;
  return {
    file,
    line,
    from: oneLine(text.subarray(start, end).toString('utf8')),
    to: oneLine(to),
    text: mutated.toString('utf8'),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function placesIn(declaration: Node): Node[] {
  const places: Node[] = [];
  walk(declaration, (node) => {
    if (node.span !== undefined) places.push(node);
    return !isForPeople(node);
  });
  return places;
}

/** A handler's description is in no history. */
function isForPeople(node: Node): boolean {
  return node.type === 'KeyValueProperty' && (node['key'] as { value?: string }).value === 'description';
}

const OPERATORS: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '+': '-',
  '-': '+',
  '*': '+',
  '&&': '||',
  '||': '&&',
};

function faultsAt(node: Node, text: Buffer): Fault[] {
  const at = rangeOf(node);
  const of = (inner: unknown): string => {
    const { start, end } = rangeOf(inner as Node);
    return text.subarray(start, end).toString('utf8');
  };
  const instead = (to: string): Fault[] => [{ ...at, to }];
  switch (node.type) {
    case 'BinaryExpression':
      return operatorFaults(node, text);
    case 'ConditionalExpression':
      return instead(`${of(node['test'])} ? ${of(node['alternate'])} : ${of(node['consequent'])}`);
    case 'IfStatement':
      return ['true', 'false'].map((to) => ({ ...rangeOf(node['test'] as Node), to }));
    case 'UnaryExpression':
      return node['operator'] === '!' ? instead(of(node['argument'])) : [];
    case 'AwaitExpression':
      return instead(of(node['argument']));
    case 'ExpressionStatement':
      return instead(';');
    case 'BooleanLiteral':
      return instead(String(node['value'] !== true));
    case 'NumericLiteral':
      return instead(`${(node['value'] as number) + 1}`);
    case 'StringLiteral':
      return instead(`'${String(node['value'])}?'`);
    default:
      return [];
  }
}

/** Another operator, or only one of the two sides. */
function operatorFaults(node: Node, text: Buffer): Fault[] {
  const operator = node['operator'] as string;
  const at = rangeOf(node);
  const [left, right] = [rangeOf(node['left'] as Node), rangeOf(node['right'] as Node)];
  const between = text.subarray(left.end, right.start).toString('utf8');
  const begin = left.end + Buffer.byteLength(between.slice(0, between.indexOf(operator)));
  const other = OPERATORS[operator];
  const sides = ['&&', '||', '??'].includes(operator)
    ? [left, right].map(({ start, end }) => ({ ...at, to: text.subarray(start, end).toString('utf8') }))
    : [];
  return [
    ...(other === undefined ? [] : [{ start: begin, end: begin + operator.length, to: other }]),
    ...sides,
  ];
}

function rangeOf({ span }: Node): { start: number; end: number } {
  return { start: span.start - 1, end: span.end - 1 };
}
