/** The object that a tool shows. */
export interface Subject {
  readonly kind: 'container' | 'service' | 'task';
  readonly id: string;
  /** The engine's text. */
  readonly name: string;
}

/** Its path in the Docker API, such as `/services/ID`. */
export function pathOf({ kind, id }: Subject): string {
  return `/${kind}s/${encodeURIComponent(id)}`;
}

/** Path of its inspection. */
export function inspectionPath(subject: Subject): string {
  return subject.kind === 'container' ? `${pathOf(subject)}/json` : pathOf(subject);
}
