/** A layer of an image being pulled. */
export interface PulledLayer {
  readonly id: string;
  /** The engine's text, such as `Downloading`. */
  readonly status: string;
  /** Bytes done in the current step; null: unknown. */
  readonly current: number | null;
  readonly total: number | null;
  readonly isDone: boolean;
}

/** Progress of a pull. All texts are the engine's. */
export interface PullProgress {
  readonly layers: readonly PulledLayer[];
  /** Last status that is not of a layer. */
  readonly status: string;
  /** Error in the stream, after status 200; null: none. */
  readonly error: string | null;
}

/** More than any image has; further layers are ignored. */
const MAX_LAYERS = 200;
const MAX_CHARACTERS = 500;
const DONE = /^(Pull complete|Already exists)$/;
const DOWNLOADED = /^(Verifying Checksum|Download complete|Extracting)$/;

export const INITIAL_PULL: PullProgress = { layers: [], status: '', error: null };

/** Applies one value of the stream of `POST /images/create`. */
export function advancePull(progress: PullProgress, value: unknown): PullProgress {
  const { id, status, error, errorDetail, progressDetail } = Object(value);
  const reason = text(Object(errorDetail).message) || text(error);
  if (reason) return { ...progress, error: reason };
  const statusText = text(status);
  if (!statusText) return progress;
  // The line before the first layer has the tag where layers have their id.
  if (typeof id !== 'string' || /^Pulling from /.test(statusText)) return { ...progress, status: statusText };
  const at = progress.layers.findIndex((layer) => layer.id === id);
  if (at < 0 && progress.layers.length >= MAX_LAYERS) return progress;
  const { current, total } = Object(progressDetail);
  const layer = {
    id: text(id),
    status: statusText,
    current: count(current),
    total: count(total),
    isDone: DONE.test(statusText),
  };
  const layers =
    at < 0
      ? [...progress.layers, layer]
      : progress.layers.map((before, index) => (index === at ? layer : before));
  return { ...progress, layers };
}

/** A layer's progress, 0 to 1: downloading and extracting count half each. */
export function layerFraction({ status, current, total, isDone }: PulledLayer): number {
  if (isDone) return 1;
  const half = current !== null && total ? Math.min(1, current / total) / 2 : 0;
  return DOWNLOADED.test(status) ? 0.5 + (status === 'Extracting' ? half : 0) : half;
}

/** Overall progress, 0 to 1. */
export function pullFraction({ layers }: PullProgress): number {
  return layers.length === 0
    ? 0
    : layers.reduce((sum, layer) => sum + layerFraction(layer), 0) / layers.length;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARACTERS) : '';
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** Credentials for a private registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Path of the pull, always with a tag: without one Docker pulls all tags. */
export function pullPath(reference: string): string {
  const { fromImage, tag } = parseReference(reference);
  return `/images/create?${new URLSearchParams({ fromImage, tag })}`;
}

/** `name`, `name:tag` and `name@digest`; a port is not a tag. */
export function parseReference(reference: string): { readonly fromImage: string; readonly tag: string } {
  const [, fromImage = '', digest, tag] = /^([^@]*?)(?:@(.+)|:([^/:@]+))?$/.exec(reference.trim()) ?? [];
  return { fromImage, tag: digest ?? tag ?? 'latest' };
}

/** The `X-Registry-Auth` header: JSON in Base64url with padding. */
export function registryAuth({ username, password }: RegistryLogin): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ username, password }));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
