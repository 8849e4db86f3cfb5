import { type SwarmReport, swarmReportSchema } from '../../../protocol/messages/agent-calls.js';
import { REPORT_BOUNDS } from '../../../protocol/messages/modest-json.js';
import { type JsonJob, parseAs } from '../json/json-job.js';

/** Size limit of a report with the maximum number of nodes. */
export const MAX_REPORT_BYTES = 1024 * 1024;

/** The body of `POST /agent/swarm`. */
export const swarmReportJob: JsonJob<null, SwarmReport> = {
  name: 'swarm-report',
  bounds: REPORT_BOUNDS,
  maxBytes: MAX_REPORT_BYTES,
  read: (value) => parseAs(swarmReportSchema, value),
};
