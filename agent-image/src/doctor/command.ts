import type { HopResult } from '../../../protocol/hops.js';
import { codeOf } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { ConfigError, EXIT_CONFIG } from '../config/error.js';
import { readConfig } from '../config/read-config.js';
import { nextStepOf } from './explain-failure.js';
import { runDoctor } from './run-doctor.js';

export interface DoctorCommand {
  readonly env: NodeJS.ProcessEnv;
  readonly isJson: boolean;
  readonly clock: Clock;
  readonly print: (line: string) => void;
}

/** `agent doctor`. Resolves to the exit code: 0, 1 if a hop failed, 78 for a missing or malformed setting. */
export async function doctorCommand({ env, isJson, clock, print }: DoctorCommand): Promise<number> {
  const onResult = (result: HopResult) => {
    if (!isJson) for (const line of linesOf(result)) print(line);
  };
  const { hops, exitCode } = await check(env, clock, onResult);
  const isOk = hops.every(({ result }) => result !== 'fail');
  if (isJson) print(JSON.stringify({ ok: isOk, hops }, null, 2));
  return exitCode ?? (isOk ? 0 : 1);
}

async function check(env: NodeJS.ProcessEnv, clock: Clock, onResult: (result: HopResult) => void) {
  try {
    return { hops: await runDoctor(readConfig(env), { clock, onResult }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const code = codeOf(error);
    const { message: text } = error;
    const result: HopResult = {
      hop: 'config',
      result: 'fail',
      ms: 0,
      text,
      code,
      nextStep: nextStepOf(code),
    };
    onResult(result);
    return { hops: [result], exitCode: EXIT_CONFIG };
  }
}

function linesOf({ hop, result, text, code, nextStep }: HopResult): string[] {
  const head = `${result.padEnd(5)} ${hop.padEnd(12)} ${text}${code === undefined ? '' : ` [${code}]`}`;
  return nextStep === undefined ? [head] : [head, `${' '.repeat(19)}Next: ${nextStep}`];
}
