// What is piped into a command.

export async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer); // a stream without an encoding gives Buffers
  return Buffer.concat(chunks);
}
