import type { Report } from './lib/report.ts';
export async function fileTests(_r: Report): Promise<void> {}
