import { cpus } from 'node:os';

/** Result of one benchmark. */
export interface Report {
  readonly benchmark: string;
  readonly machine: string;
  readonly node: string;
  /** One sentence: the measurement and its setup. */
  readonly setup: string;
  readonly rows: readonly ReportRow[];
}

export interface ReportRow {
  readonly name: string;
  /** Figures by name; the name contains the unit. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface BenchmarkOptions {
  /** Default: the benchmark's own. */
  readonly rounds: number | undefined;
  /** Number of agents, for `fleet` and `restart`. Default: the benchmark's own. */
  readonly size: number | undefined;
  /** Socket of a real engine, for `calls`; null: a stand-in. */
  readonly engine: string | null;
  readonly say: (line: string) => void;
}

export interface Benchmark {
  readonly title: string;
  run(options: BenchmarkOptions): Promise<Report>;
}

/** Describes the machine, for comparisons. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
}

/** A quantile of unsorted samples, by nearest rank. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Prints the report as a table. */
export function printReport(report: Report): void {
  console.log(`\n${report.benchmark}: ${report.setup}\n${report.machine}, Node ${report.node}\n`);
  const columns = [...new Set(report.rows.flatMap((row) => Object.keys(row.figures)))];
  const lines = [
    ['', ...columns],
    ...report.rows.map((row) => [row.name, ...columns.map((column) => format(row.figures[column]))]),
  ];
  const widths =
    lines[0]?.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0))) ?? [];
  for (const line of lines) {
    console.log(
      line
        .map((cell, index) =>
          index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
        )
        .join('  '),
    );
  }
}

function format(value: number | undefined): string {
  if (value === undefined) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(2);
}
