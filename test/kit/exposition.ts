/** A metric as exposed: its samples have its name, or that with the suffixes of a histogram. */
export interface MetricFamily {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP ([a-z_]+) (.+)$/;
const TYPE = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? ([-+.\deE]+|[+-]Inf|NaN)$/;
const LABEL = /([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;

/**
 * Parses the text format of Prometheus, strictly.
 * @throws Error with the first line that breaks it
 */
export function parseExposition(text: string): ReadonlyMap<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, MetricFamily & { samples: MetricSample[] }>();
  let name = '';
  let help = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, helped, words = ''] = HELP.exec(line) ?? [];
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (helped !== undefined) [name, help] = [helped, words];
    else if (typed !== undefined) {
      if (typed !== name || families.has(name)) throw new Error(`out of place: ${line}`);
      families.set(name, { type: type as MetricFamily['type'], help, samples: [] });
    } else {
      const sample = parseSample(line);
      const family = families.get(name);
      const isOfFamily =
        family?.type === 'histogram'
          ? ['_bucket', '_sum', '_count'].some((suffix) => sample.name === name + suffix)
          : sample.name === name;
      if (!family || !isOfFamily) throw new Error(`of no metric: ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): MetricSample {
  const [, name, labelText = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (LABEL.lastIndex = 0; LABEL.lastIndex < labelText.length; ) {
    const [, label, text = ''] = LABEL.exec(labelText) ?? [];
    if (label === undefined || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = text.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
  }
  return { name, labels, value: Number(value?.replace('Inf', 'Infinity')) };
}

/** The value of the one sample with this name and these labels; undefined if there is none. */
export function metricValue(
  text: string,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const samples = [...parseExposition(text).values()].flatMap((family) => family.samples);
  const fits = (sample: MetricSample) =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  const found = samples.filter(fits);
  if (found.length > 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value;
}
