export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Processes, not threads: tsx hooks into a process, and tests measure memory and send signals.
  workerThreads: false,
  // Without any progress for this long a run is stuck. A slow single test has its own `t.timeout`.
  timeout: '2m',
  environmentVariables: { NODE_NO_WARNINGS: '1' },
};
