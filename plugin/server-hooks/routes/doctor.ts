import { plain } from '../../../protocol/problems/problem.js';
import { definitionOf } from '../../../protocol/problems.js';
import { doctorReport } from '../../api/doctor.js';
import { defineOperation } from '../http/define-operation.js';
import type { ObservationSources } from '../views/status/observe-environment.js';

/** `/api/environments/:id/doctor`. */
export const doctorOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/doctor',
      id: 'getDoctorReport',
      summary: 'Get what an agent met before it could enrol',
      description:
        'An agent whose enrolment fails checks each step to the hub and to its engine, and reports the result once it has enrolled.',
      access: 'read',
      answers: { 200: { description: 'The last reported run', body: doctorReport } },
    },
    ({ environment }, { live }: Pick<ObservationSources, 'live'>) => {
      const run = live.of(environment.id).doctorRun;
      if (!run) return { status: 200, body: { run: null } };
      const { atMs, instanceId } = run;
      // Texts are the agent's, next steps are not: an admin may follow them.
      const hops = run.hops.map((one) => {
        const known = one.code === undefined ? undefined : definitionOf(one.code);
        return { ...one, ...(known && { nextStep: plain(known.nextStep) }) };
      });
      return { status: 200, body: { run: { at: new Date(atMs).toISOString(), instanceId, hops } } };
    },
  ),
];
