import type { EngineEvent } from '../../engine/model/event.js';

/** Filter of the event list. */
export interface EventFilter {
  /** Empty: all types. */
  readonly type: string;
  readonly search: string;
}

/** Matching events, newest first, `limit` at most. */
export function findEvents(
  events: readonly EngineEvent[],
  { type, search }: EventFilter,
  limit: number,
): readonly EngineEvent[] {
  const word = search.trim().toLowerCase();
  const found: EngineEvent[] = [];
  for (let index = events.length - 1; index >= 0 && found.length < limit; index -= 1) {
    const event = events[index];
    if (!event || (type !== '' && event.type !== type)) continue;
    const text = `${event.type} ${event.action} ${event.name} ${event.id} ${event.detail} ${event.node?.name ?? ''}`;
    if (text.toLowerCase().includes(word)) found.push(event);
  }
  return found;
}

/** All types, sorted by name. */
export function typesOf(events: readonly EngineEvent[]): readonly string[] {
  return [...new Set(events.map(({ type }) => type))].sort();
}
