// The process that measures one benchmark, with V8's flags set: what ran before it would change what V8 makes of the code.
//
//   child.ts FILE NAME    prints the measurement as JSON
import { pathToFileURL } from 'node:url';
import type { Benchmarks } from '../../../node/src/base/testing/benchmark.ts';
import { measure } from './measure.ts';

const [file = '', name = ''] = process.argv.slice(2);
// Every such file exports this; run.ts has read it before.
const { benchmarks } = (await import(pathToFileURL(file).href)) as { benchmarks: Benchmarks };
const benchmark = benchmarks[name];
if (benchmark === undefined) throw new Error(`no benchmark ${name} in ${file}`);
console.log(JSON.stringify(await measure(benchmark)));
process.exit(0);
