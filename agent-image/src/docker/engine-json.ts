import { problem } from '../../../protocol/problems/agent.js';

/**
 * Readers for an engine's answers, which are untrusted: the result always has the promised type and
 * bound.
 */

/** The value as an object; an empty one for anything else. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** The value as a list; an empty one for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text cut to `max` UTF-16 units, never inside a character; '' for anything else. */
export function text(value: unknown, max: number): string {
  if (typeof value !== 'string') return '';
  return value.length <= max ? value : value.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}

/** A non-negative integer, 0 for anything else. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** A whole answer that must be an object. @throws Problem `engine-bad-answer` */
export function answeredRecord(answer: unknown): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw problem('engine-bad-answer');
  }
  return record(answer);
}

/** A whole answer that must be a list. @throws Problem `engine-bad-answer` */
export function answeredList(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw problem('engine-bad-answer');
  return answer;
}
