export async function runUtil(_argv: readonly string[]): Promise<void> {}
