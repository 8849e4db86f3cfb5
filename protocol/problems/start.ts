import type { ProblemDefinition } from './problem.js';

/** Codes of the hub's start and stop. No caller gets them. */
export const START_PROBLEMS = {
  'metrics-port-taken': {
    sentence: 'The metrics port is in use',
    cause:
      'In `problems`: the port of `metricsPort` (`FAIRLEAD_METRICS_PORT`) cannot be used; the log line has the reason. The hub runs without it',
    nextStep:
      'Choose another port, or stop the process that has it (`ss -ltnp`): the hub tries again every 30 s',
  },
  'stop-incomplete': {
    sentence: 'Part of the plugin did not stop in time and is still running',
    cause:
      "At stop: the plugin's `stop()` ended after 7 s, but a write (a hanging disk) or a current start did not. As a log line: connections did not close, `left` is their number",
    nextStep: 'Check the disk; the lock on the data folder is released with the write, or with the process',
  },
  'store-damaged': {
    sentence: 'The store cannot be read',
    cause:
      "`fairlead.json` does not have this version's format; the message names the location. The file is not changed",
    nextStep: 'Restore a backup of the data folder, or repair the file by hand',
  },
  'store-locked': {
    sentence: 'The data folder is in use',
    cause: 'Another process uses the data folder; the message contains its pid',
    nextStep:
      'Stop that process, or give this hub its own folder. The lock of a killed process is taken over automatically',
  },
  'store-newer': {
    sentence: 'The store was written by a newer version',
    cause: 'A later version wrote `fairlead.json`',
    nextStep: 'Start that version, or restore the backup from before the upgrade',
  },
  'store-unreadable': {
    sentence: 'The store cannot be opened',
    cause: 'The file system refuses to open `fairlead.json`',
    nextStep: 'Check owner and permissions of the data folder',
  },
  'tunnel-key-damaged': {
    sentence: 'The tunnel key is damaged',
    cause:
      '`tunnel-key.pem` is not an ECDSA P-256 private key. It is never replaced automatically, as every agent pins it',
    nextStep:
      'Restore a backup. If there is none: remove the file, start, and rotate the key of each environment',
  },
} as const satisfies Record<string, ProblemDefinition>;
