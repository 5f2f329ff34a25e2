// Traces header fields in the words of Go's HTTP/2 server, which etcd's harness reads.

/** Writes what GODEBUG=http2debug=2 makes Go write. */
export function writeHeaderTrace(
  fields: readonly { readonly name: string; readonly value: string }[],
): void {
  for (const { name, value } of fields) {
    const shown = `${JSON.stringify(name)} = ${JSON.stringify(value)}`;
    process.stderr.write(`http2: decoded hpack field header field ${shown}\n`);
  }
}
