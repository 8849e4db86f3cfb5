import { InvalidArgumentError } from 'commander';

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, former: readonly string[]): string[] {
  return [...former, value];
}

/** {@link collect} for an option with a fixed set of values. */
export function collectChoice(choices: readonly string[]) {
  return (value: string, former: readonly string[]): string[] => {
    if (!choices.includes(value)) throw new InvalidArgumentError(`Allowed are ${choices.join(', ')}.`);
    return collect(value, former);
  };
}

/** A whole number of seconds. */
export function parseSeconds(value: string): number {
  return parseWhole(value, 1, 86_400);
}

/** A TCP port; 0 is any free one. */
export function parsePort(value: string): number {
  return parseWhole(value, 0, 65_535);
}

function parseWhole(value: string, min: number, max: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
}
