import type { DoctorReport } from '../../../protocol/messages/doctor.js';

/** A run of an agent's doctor, while its enrolment failed. */
export interface DoctorRun {
  readonly instanceId: string;
  /** When it ended, by the hub's clock, ms since the epoch. */
  readonly atMs: number;
  readonly hops: DoctorReport['hops'];
}
