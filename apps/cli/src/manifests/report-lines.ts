import type { Printer } from '../output/printer.ts';
import type { ObjectReport } from './transform-manifests.ts';

/** What became of each object, on standard error as Linkerd says it, so that standard output can go to `kubectl`. */
export function printReports(print: Printer, reports: readonly (ObjectReport | null)[]): void {
  print.note('');
  for (const report of reports) {
    for (const warning of report?.warnings ?? []) {
      print.note(`${print.paint('warn', '‼')} ${nameOf(report)}: ${warning}`);
    }
  }
  if (!reports.some((report) => report !== null && report.change !== 'skipped')) {
    print.note(`${print.paint('warn', '‼')} no supported objects found`);
  }
  for (const report of reports) {
    if (report === null) print.note('document missing "kind" field, skipped');
    else print.note(`${report.kind.toLowerCase()} "${report.name}" ${report.change}`);
  }
  print.note('');
}

function nameOf(report: ObjectReport | null): string {
  return report === null ? '' : `${report.kind.toLowerCase()}/${report.name}`;
}
