/** What a tool shows: something a Docker Engine knows. */
export interface Subject {
  readonly kind: 'container' | 'service' | 'task';
  readonly id: string;
  /** The engine's text. */
  readonly name: string;
}

/** Where Docker has it, such as `/services/ID`. */
export function pathOf({ kind, id }: Subject): string {
  return `/${kind}s/${encodeURIComponent(id)}`;
}

/** Where Docker tells all of it. */
export function inspectionPath(subject: Subject): string {
  return subject.kind === 'container' ? `${pathOf(subject)}/json` : pathOf(subject);
}
