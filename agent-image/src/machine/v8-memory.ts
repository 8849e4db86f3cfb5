import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * V8's compilers of hot functions. Running one once makes megabytes of its code resident, and an agent at rest never
 * needs them. Node 20 does not use `maglev`. See docs/decisions/agent-memory.md.
 */
const COMPILERS = [
  'opt',
  'sparkplug',
  ...(Number.parseInt(process.versions.node, 10) >= 24 ? ['maglev'] : []),
];

/** Leaves functions to V8's interpreter, until {@link preferSpeed}. */
export function preferMemory(): void {
  for (const name of COMPILERS) v8.setFlagsFromString(`--no-${name}`);
}

/** Compiles hot functions, as Node does by default. */
export function preferSpeed(): void {
  for (const name of COMPILERS) v8.setFlagsFromString(`--${name}`);
}

/**
 * Gives memory back that is no longer used, as that of the start; 10 to 20 ms of CPU time.
 * Never throws: a V8 that lacks the flag collects when it wants to.
 */
export function collectGarbage(): void {
  try {
    v8.setFlagsFromString('--expose-gc');
    const collect: () => void = vm.runInNewContext('gc');
    v8.setFlagsFromString('--no-expose-gc');
    collect();
  } catch {
    // It only saves memory.
  }
}
