import { type ProblemDefinition, problemsOf } from './problem.js';

/** Codes that only `agent doctor` finds; its other findings have the agent's codes. */
export const DOCTOR_PROBLEMS = {
  'clock-wrong': {
    sentence: "The clock of the agent's machine is wrong",
    cause:
      "The clock of the agent's machine differs from the hub's by more than 60 s. Agents correct their timestamps, but certificates are then expired or not valid yet",
    nextStep: 'Set the clock of that machine, or let NTP set it',
  },
  'hub-address-unreachable': {
    sentence: "Some of the hub's addresses do not accept connections",
    cause:
      "Some of the addresses of the hub's name do not accept connections from the agent's machine. Connections are slower, and fail where the others fail",
    nextStep: 'Remove these addresses from the name, or let the machine reach them',
  },
  'mtu-black-hole': {
    sentence: 'Large packets vanish on the way to the hub, small ones do not',
    cause:
      'Large packets between agent and hub vanish: a link on the way takes smaller ones only, such as a VPN or PPPoE, and the ICMP messages that would report it are blocked',
    nextStep:
      'Let ICMP "fragmentation needed" (IPv6: "packet too big") pass; or lower the MTU of the machine\'s interface and of Docker\'s network, or clamp the MSS on the router',
  },
} as const satisfies Record<string, ProblemDefinition>;

export type DoctorProblemCode = keyof typeof DOCTOR_PROBLEMS;

/** Makes a problem that a doctor found. */
export const doctorProblem = problemsOf<DoctorProblemCode>(DOCTOR_PROBLEMS);
