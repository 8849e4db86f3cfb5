/** A layer of an image on its way. */
export interface PulledLayer {
  readonly id: string;
  /** The engine's words, such as `Downloading`. */
  readonly status: string;
  /** Of what it does now, bytes; null where it does not say. */
  readonly current: number | null;
  readonly total: number | null;
  readonly isDone: boolean;
}

/** How far a pull is. All texts are the engine's. */
export interface PullProgress {
  readonly layers: readonly PulledLayer[];
  /** What it said last that is no layer's. */
  readonly status: string;
  /** Why it failed, though the answer's status was 200; null: it has not. */
  readonly error: string | null;
}

/** More than any image has; an engine that tells of more is not listened to. */
const MAX_LAYERS = 200;
const MAX_CHARACTERS = 500;
const DONE = /^(Pull complete|Already exists)$/;
const DOWNLOADED = /^(Verifying Checksum|Download complete|Extracting)$/;

export const PULL_BEGINS: PullProgress = { layers: [], status: '', error: null };

/** Takes one value of the stream that `POST /images/create` answers with. */
export function pullAdvances(progress: PullProgress, value: unknown): PullProgress {
  const { id, status, error, errorDetail, progressDetail } = Object(value);
  const reason = text(Object(errorDetail).message) || text(error);
  if (reason) return { ...progress, error: reason };
  const words = text(status);
  if (!words) return progress;
  // The line before the first layer has the tag where layers have their id.
  if (typeof id !== 'string' || /^Pulling from /.test(words)) return { ...progress, status: words };
  const at = progress.layers.findIndex((layer) => layer.id === id);
  if (at < 0 && progress.layers.length >= MAX_LAYERS) return progress;
  const { current, total } = Object(progressDetail);
  const layer = {
    id: text(id),
    status: words,
    current: count(current),
    total: count(total),
    isDone: DONE.test(words),
  };
  const layers =
    at < 0
      ? [...progress.layers, layer]
      : progress.layers.map((before, index) => (index === at ? layer : before));
  return { ...progress, layers };
}

/** How far a layer is, 0 to 1: bringing it counts for as much as unpacking it. */
export function layerPart({ status, current, total, isDone }: PulledLayer): number {
  if (isDone) return 1;
  const part = current !== null && total ? Math.min(1, current / total) / 2 : 0;
  return DOWNLOADED.test(status) ? 0.5 + (status === 'Extracting' ? part : 0) : part;
}

/** How far all of it is, 0 to 1. */
export function pullPart({ layers }: PullProgress): number {
  return layers.length === 0 ? 0 : layers.reduce((sum, layer) => sum + layerPart(layer), 0) / layers.length;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_CHARACTERS) : '';
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
