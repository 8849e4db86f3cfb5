import { isUpdating, type Service } from '../engine/model/service.js';
import { type Task, taskPhase } from '../engine/model/task.js';
import type { Tone } from '../format/status-badge.js';

const CONTAINERS = new Map<string, Tone>([
  ['running', 'good'],
  ['restarting', 'busy'],
  ['paused', 'busy'],
  ['removing', 'busy'],
  ['dead', 'bad'],
]);
const TASKS = { failed: 'bad', starting: 'busy', running: 'good', ended: 'quiet' } as const;

/** Tone of a container's state. */
export function containerTone(state: string): Tone {
  return CONTAINERS.get(state) ?? 'quiet';
}

/** Tone of a task's state. */
export function taskTone(task: Pick<Task, 'state'>): Tone {
  return TASKS[taskPhase(task)];
}

/** Tone for running versus desired tasks. */
export function serviceTone({ running, desired, mode }: Service): Tone {
  if (mode.endsWith('-job')) return 'quiet';
  if (running < desired) return running === 0 ? 'bad' : 'busy';
  return running > desired ? 'busy' : desired === 0 ? 'quiet' : 'good';
}

/** Tone of the last update. */
export function updateTone({ update }: Service): Tone {
  if (isUpdating({ update })) return 'busy';
  if (update.endsWith('paused')) return 'bad';
  return update === 'completed' ? 'good' : 'quiet';
}
