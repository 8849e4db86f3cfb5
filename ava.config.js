// The runner (tools/test.ts) runs the parts one after the other, but for the Swarm's; `npx ava` alone takes all.
const PARTS = {
  unit: ['test/**/*.test.ts', '!test/e2e/**'],
  e2e: ['test/e2e/*.test.ts'],
  swarm: ['test/e2e/swarm/*.test.ts'],
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
