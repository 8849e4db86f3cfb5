import { parentPort } from 'node:worker_threads';
import { nodeListJob } from './docker/lists/node-list-job.js';
import { serveJobs } from './json/serve-jobs.js';
import { idleJob, snapshotJob } from './snapshots/jobs.js';
import { swarmReportJob } from './swarm/report-job.js';

// The thread entry of `JsonWorker`.
if (parentPort) serveJobs(parentPort, [snapshotJob, idleJob, swarmReportJob, nodeListJob]);
