export async function runCtl(_argv: readonly string[]): Promise<void> {}
