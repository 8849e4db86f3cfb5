// A process for `v8-memory.test.ts`: which of the agent's modes compile a hot function? Needs `--allow-natives-syntax`.
import { collectGarbage, preferMemory, preferSpeed } from '../../../../agent-image/src/machine/v8-memory.js';

/** `OptimizationStatus::kOptimized` of V8's runtime.h. */
const OPTIMIZED = 1 << 4;
/** `kBaseline`: compiled by Sparkplug. */
const BASELINE = 1 << 15;
const COMPILED = OPTIMIZED | BASELINE;
const RUN_MS = 10_000;
const CALLS = 200_000;

const statusOf = new Function('fn', 'return %GetOptimizationStatus(fn)');

function isCompiled(how: number, until: (calls: number) => boolean): boolean {
  const hot = new Function('n', 'let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum');
  let calls = 0;
  while ((statusOf(hot) & how) === 0 && !until(++calls)) hot(10);
  return (statusOf(hot) & how) !== 0;
}

preferMemory();
const memory = isCompiled(COMPILED, (calls) => calls > CALLS);
preferSpeed();
const deadline = Date.now() + RUN_MS;
const speed = isCompiled(OPTIMIZED, () => Date.now() > deadline);

let garbage: object | null = { of: 'no use' };
const reference = new WeakRef(garbage);
garbage = null;
// A WeakRef keeps its target until the end of the current task.
setTimeout(() => {
  collectGarbage();
  const isCollected = reference.deref() === undefined;
  console.log(JSON.stringify({ memory, speed, isCollected, isExposed: 'gc' in globalThis }));
}, 0);
