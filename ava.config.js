// End-to-end tests that have engines of their own, or wait most of the time: they run in parallel with the others.
const PARALLEL = ['test/e2e/{hostile,lifecycle,store,swarm}/*.test.ts'];
// What the runner (tools/test.ts) runs apart; `npx ava` alone takes all.
const PARTS = {
  unit: ['test/**/*.test.ts', '!test/e2e/**'],
  e2e: ['test/e2e/**/*.test.ts', ...PARALLEL.map((files) => `!${files}`)],
  parallel: PARALLEL,
};

export default {
  files: PARTS[process.env.FAIRLEAD_TESTS] ?? ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Processes, not threads: tsx hooks into a process, and tests measure memory and send signals.
  workerThreads: false,
  // Without any progress for this long a run is stuck. A slow single test has its own `t.timeout`, none of which may be longer:
  // AVA 7.0.0 forgets a limit that strikes while a test has time of its own left, and such a run never ends.
  timeout: '10m',
  environmentVariables: { NODE_NO_WARNINGS: '1' },
};
