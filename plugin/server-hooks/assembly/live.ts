import { randomUUID } from 'node:crypto';
import { CheckIns } from '../agents/check-ins.js';
import { DoctorCalls } from '../agents/doctor-calls.js';
import { DoctorReports } from '../agents/doctor-reports.js';
import { Enrolment } from '../agents/enrolment.js';
import { IdleClose } from '../agents/idle-close.js';
import type { Logger } from '../host.js';
import type { Lifecycle } from '../lifecycle.js';
import { Availability } from '../live/availability.js';
import { LiveEnvironments } from '../live/environments.js';
import { StaleNodeReaper } from '../live/stale-node-reaper.js';
import type { ResolvedOptions } from '../options.js';
import type { Storage } from './storage.js';

/** The environments that are alive now, and what their agents call. */
export interface Live {
  readonly live: LiveEnvironments;
  readonly availability: Availability;
  readonly checkIns: CheckIns;
  readonly enrolment: Enrolment;
  readonly doctorCalls: DoctorCalls;
  readonly doctorReports: DoctorReports;
  readonly idleClose: IdleClose;
}

type LiveOptions = Pick<ResolvedOptions, 'clock' | 'randomBytes'>;

export async function startLive(
  { clock, randomBytes }: LiveOptions,
  { store, snapshots }: Pick<Storage, 'store' | 'snapshots'>,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Live> {
  const bootId = randomUUID();
  const live = await lifecycle.use(
    new LiveEnvironments({ store, files: snapshots, clock, logger, randomBytes, bootId }),
  );
  await lifecycle.use(new StaleNodeReaper({ store, live, clock, logger }));
  return {
    live,
    availability: new Availability({ store, live }),
    checkIns: new CheckIns({ store, live }),
    enrolment: new Enrolment({ store, live, clock, randomBytes }),
    doctorCalls: new DoctorCalls({ store, clock, randomBytes }),
    doctorReports: new DoctorReports({ live, clock, logger }),
    idleClose: new IdleClose(live),
  };
}
