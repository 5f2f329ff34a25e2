import type { Report } from './lib/report.ts';
export async function behaviourSuite(_r: Report): Promise<void> {}
