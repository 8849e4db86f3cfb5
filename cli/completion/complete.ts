import type { Command, Option } from 'commander';

/** Where the values of an argument come from. */
export type ValueSource = 'environments' | 'contexts';

/** What can follow the words typed so far. */
export interface Completion {
  readonly candidates: readonly string[];
  /** Also values that only the hub or this machine knows. */
  readonly source: ValueSource | undefined;
  /** The value of `--hub`, if it was typed. */
  readonly hub?: string | undefined;
}

const HUB = '--hub';
const NOTHING: Completion = { candidates: [], source: undefined };

/**
 * Completes a command line from the command tree.
 * @param words after the program's name; the last one is being typed, perhaps empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const partial = words.at(-1) ?? '';
  let command = program;
  let operands = 0;
  let awaited: Option | undefined;
  let hub: string | undefined;
  for (const word of joinWords(words.slice(0, -1))) {
    // What follows is another command's.
    if (word === '--') return NOTHING;
    if (awaited !== undefined) {
      if (awaited.long === HUB) hub = word;
      awaited = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const [name, value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find(({ long, short }) => long === name || short === name);
      if (value !== undefined && name === HUB) hub = value;
      awaited = option?.required && value === undefined ? option : undefined;
      continue;
    }
    const child = operands === 0 ? childOf(command, word) : undefined;
    if (child === undefined) operands += 1;
    else command = child;
  }
  if (awaited !== undefined) return { candidates: awaited.argChoices ?? [], source: undefined };
  if (partial.startsWith('-')) {
    const names = optionsOf(command).flatMap(({ long }) => (long ? [long] : []));
    return { candidates: [...names, '--help'], source: undefined };
  }
  const children = operands === 0 ? visible(command) : [];
  const argument = command.registeredArguments[operands];
  return {
    candidates: [...children.map((child) => child.name()), ...(argument?.argChoices ?? [])],
    source: sourceOf(argument?.name()),
    hub,
  };
}

/** Bash separates words at colons and equals signs, which become words of their own. */
function joinWords(words: readonly string[]): string[] {
  const joined: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isSeparator = word === ':' || word === '=';
    const last = joined.at(-1);
    if (last !== undefined && (isSeparator || isOpen)) joined[joined.length - 1] = last + word;
    else joined.push(word);
    isOpen = isSeparator;
  }
  return joined;
}

function sourceOf(argument: string | undefined): ValueSource | undefined {
  if (argument === 'name') return 'environments';
  return argument === 'context' ? 'contexts' : undefined;
}

function childOf(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

function visible(command: Command): readonly Command[] {
  return command.commands.filter((child) => !child.name().startsWith('_'));
}

/** Its own, and those of the commands above, which apply everywhere. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent ? optionsOf(command.parent) : [])].filter(
    ({ hidden }) => !hidden,
  );
}
