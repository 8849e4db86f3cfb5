import { type DoctorReport, doctorReportSchema } from '../../../protocol/messages/doctor.js';
import { BODY_BOUNDS, isModestJson } from '../../../protocol/messages/modest-json.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import { parseAs, parseUtf8Json } from '../json/json-job.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

export interface DoctorReportsOptions {
  readonly live: Pick<LiveEnvironments, 'of'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const MAX_DOCTOR_REPORT_BYTES = 32 * 1024;

/** Keeps what agents report that their doctor found while they could not enrol: the last run of each environment. */
export class DoctorReports {
  readonly #options: DoctorReportsOptions;

  constructor(options: DoctorReportsOptions) {
    this.#options = options;
  }

  /** @throws Problem `body-not-json`, `body-too-complex`, `bad-request` (400) */
  accept({ environment, instance }: AuthenticatedAgent, body: Buffer): void {
    const { live, clock, logger } = this.#options;
    if (!isModestJson(body, BODY_BOUNDS)) throw problem('body-too-complex');
    const { ageMs, hops }: DoctorReport = parseAs(doctorReportSchema, parseUtf8Json(body));
    const now = clock.now();
    live.of(environment.id).doctorRun = { instanceId: instance.id, atMs: Math.max(0, now - ageMs), hops };
    const failed = hops.flatMap(({ hop, result, code }) =>
      result === 'fail' ? [code ? `${hop} ${code}` : hop] : [],
    );
    logger.info(
      { environmentId: environment.id, instanceId: instance.id, failed },
      'an agent reports what its doctor found before it could enrol',
    );
  }
}
