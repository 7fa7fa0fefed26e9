/**
 * Results as tables: on the screen and, between the markers of `docs/performance.md`, for readers.
 * Only ratios, shares and bytes: microseconds would be those of whichever machine ran it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

export interface Row {
  /** What is measured, and against what. */
  measure: string;
  value: number;
  /** `×`, `bytes`, `%` */
  unit: string;
  /** Beside it, for readers; no bar is judged by it. */
  beside?: string;
  bar?: { kind: 'at least' | 'at most'; value: number };
  /** The load that the bar asks for was not held, so no value can meet it. */
  isOverloaded?: boolean;
}

export interface PartReport {
  /** Name of the part, as on the command line and in the markers. */
  part: string;
  title: string;
  /** One sentence on how it was measured. */
  how: string;
  rows: readonly Row[];
}

export function isMet({ value, bar, isOverloaded = false }: Row): boolean | null {
  if (bar === undefined) return null;
  if (isOverloaded) return false;
  return bar.kind === 'at least' ? value >= bar.value : value <= bar.value;
}

export function toMarkdown({ title, how, rows }: PartReport): string {
  const hasBeside = rows.some((row) => row.beside !== undefined);
  const head = ['measure', 'result', ...(hasBeside ? ['beside'] : []), 'bar', 'met'];
  const lines = rows.map((row) => {
    const met = isMet(row);
    const bar = row.bar === undefined ? '' : `${row.bar.kind} ${number(row.bar.value)}`;
    return [
      row.measure,
      `${number(row.value)} ${row.unit}`,
      ...(hasBeside ? [row.beside ?? ''] : []),
      bar,
      met === null ? '' : met ? 'yes' : '**no**',
    ];
  });
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return `### ${title}\n\n${how}\n\n${table.join('\n')}`;
}

/** Two digits that matter; more would claim what another run does not repeat. */
export function number(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Replaces the part's section; those of parts that did not run stay as they are. */
export async function writeDocument(file: string, reports: readonly PartReport[]): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const report of reports) {
    const [begin, end] = [`<!-- bench:${report.part} -->`, `<!-- /bench:${report.part} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${begin} … ${end} is missing in the document`);
    text = `${text.slice(0, from + begin.length)}\n\n${toMarkdown(report)}\n\n${text.slice(to)}`;
  }
  const options = await resolveConfig(file);
  await writeFile(file, await format(text, { ...options, filepath: file }));
}
