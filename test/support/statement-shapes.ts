/**
 * Recorded statements, one for each shape: the number of rows or values does not matter, nor which changes
 * were made together.
 */

/** The shortest statement of each shape, sorted: the result does not depend on the order of sending. */
export function oneOfEachShape(statements: Iterable<string>): string[] {
  const shortest = new Map<string, string>();
  for (const statement of [...statements].filter(isPreparable).flatMap(changesOf).map(renumbered)) {
    const shape = shapeOf(statement);
    const known = shortest.get(shape);
    if (known === undefined || isBefore(statement, known)) shortest.set(shape, statement);
  }
  return [...shortest.values()].sort();
}

/** The beginning and the end of a transaction can't be prepared. */
function isPreparable(statement: string): boolean {
  return /^\s*(select|insert|update|delete|with)\b/i.test(statement);
}

/** `changeTogether` makes one statement of several changes, none of which sees another. */
function changesOf(statement: string): string[] {
  const changes: string[] = [];
  let rest = statement;
  for (let head = HEAD.exec(rest); head !== null; head = HEAD.exec(rest)) {
    const end = closingOf(rest, head[0].length);
    changes.push(rest.slice(head[0].length, end));
    rest = rest.slice(end + 1);
  }
  return [...changes, rest];
}

const HEAD = /^(with |, )"change_\d+" as \(/;

/** The closing bracket of the bracket that contains `from`. */
function closingOf(statement: string, from: number): number {
  const marks = /'[^']*'|"[^"]*"|[()]/g;
  marks.lastIndex = from;
  let depth = 1;
  for (let mark = marks.exec(statement); mark !== null; mark = marks.exec(statement)) {
    if (mark[0] === '(') depth += 1;
    if (mark[0] === ')') depth -= 1;
    if (depth === 0) return mark.index;
  }
  throw new Error(`a bracket of this statement is not closed: ${statement}`);
}

/** On one line, its parameters counted from 1. */
function renumbered(statement: string): string {
  const numbers = new Map<string, number>();
  return statement
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\$\d+/g, (given) => {
      numbers.set(given, numbers.get(given) ?? numbers.size + 1);
      return `$${numbers.get(given)}`;
    });
}

function shapeOf(statement: string): string {
  return statement
    .replace(/\$\d+/g, '$')
    .replace(/\$(, \$)+/g, '$')
    .replaceAll('now()', 'now')
    .replace(/\bvalues \([^()]*\)(, \([^()]*\))*/g, 'values');
}

function isBefore(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}
