// The runner (tools/test.ts) runs the two parts one after the other; `npx ava` alone takes both.
const PARTS = {
  unit: ['test/**/*.test.ts', '!test/e2e/**'],
  e2e: ['test/e2e/**/*.test.ts'],
};

export default {
  files: PARTS[process.env.FAIRLEAD_TESTS] ?? ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Processes, not threads: tsx hooks into a process, and tests measure memory and send signals.
  workerThreads: false,
  // Without any progress for this long a run is stuck. A slow single test has its own `t.timeout`.
  timeout: '2m',
  environmentVariables: { NODE_NO_WARNINGS: '1' },
};
