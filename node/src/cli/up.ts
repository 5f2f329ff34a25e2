export async function runUp(_argv: readonly string[]): Promise<void> {}
