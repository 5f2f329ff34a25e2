import type { Report } from './lib/report.ts';
export async function clientTests(_r: Report): Promise<void> {}
