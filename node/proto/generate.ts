// Writes src/wire/gen/*.ts from the .proto files beside this program: one file of interfaces and codecs for each.
// Run it with `npm run generate`; its output is committed, so that nobody needs it to build.
//
// 64-bit integers become `number`, except identifiers, which become `bigint` (see BIG_FIELDS in field-code.ts).
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import {
  camelCase,
  messageField,
  scalar,
  scalarField,
  withoutOthers,
  type Scalar,
} from './field-code.ts';

const PROTO_DIR = fileURLToPath(new URL('.', import.meta.url));
const OUT_DIR = fileURLToPath(new URL('../src/wire/gen/', import.meta.url));

interface Parsed {
  readonly file: string;
  readonly root: protobuf.Root;
  readonly namespace: protobuf.Namespace;
  readonly proto2: boolean;
}

const files = readdirSync(PROTO_DIR)
  .filter((name) => name.endsWith('.proto'))
  .sort();
/** Full name of a message or enum → the module that holds it and its name there. */
const home = new Map<string, { module: string; name: string }>();

function parse(file: string): Parsed {
  const text = readFileSync(join(PROTO_DIR, file), 'utf8');
  const root = new protobuf.Root();
  const result = protobuf.parse(text, root, { keepCase: true });
  const namespace = root.lookup(result.package ?? '') as protobuf.Namespace;
  return { file, root, namespace, proto2: text.includes('syntax = "proto2"') };
}

function register(namespace: protobuf.Namespace, module: string, prefix: string): void {
  for (const object of namespace.nestedArray) {
    const name = localName(object, prefix);
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum) {
      home.set(object.fullName.slice(1), { module, name });
    }
    if (object instanceof protobuf.Type) register(object, module, name);
  }
}

/** Nested enums drop their parent's name unless they are called just `Type`. */
function localName(object: protobuf.ReflectionObject, prefix: string): string {
  const name = object.name === 'snapshot' ? 'ChecksummedSnapshot' : object.name;
  return prefix !== '' && name === 'Type' ? prefix + name : name;
}

class ModuleWriter {
  readonly parsed: Parsed;
  readonly module: string;
  readonly imports = new Map<string, Set<string>>();
  readonly used = new Set<string>();

  constructor(parsed: Parsed) {
    this.parsed = parsed;
    this.module = basename(parsed.file, '.proto').replaceAll('_', '-');
  }

  text(): string {
    const body = this.namespaceText(this.parsed.namespace, '');
    const wire = ['bigVarintSize', 'delimitedSize', 'stringSize', 'varintSize'].filter((name) =>
      new RegExp(`\\b${name}\\(`).test(body),
    );
    let head = `// Generated from proto/${this.parsed.file} by proto/generate.ts. Do not edit.\n`;
    if (body.includes('EMPTY_BYTES')) head += `import { EMPTY_BYTES } from '../../base/text.ts';\n`;
    const types = ['Codec', 'Method'].filter((name) => body.includes(`${name}<`));
    head += `import type { ${types.join(', ')} } from '../codec.ts';\n`;
    if (wire.length > 0) head += `import { ${wire.join(', ')} } from '../writer.ts';\n`;
    for (const [module, names] of [...this.imports].sort()) {
      const list = [...names].sort();
      head += `import { ${list.join(', ')} } from './${module}.ts';\n`;
    }
    return `${head}\n${body}`;
  }

  private namespaceText(namespace: protobuf.Namespace, prefix: string): string {
    let text = '';
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Enum) text += enumText(object, localName(object, prefix));
      else if (object instanceof protobuf.Type) {
        text += this.namespaceText(object, localName(object, prefix));
        text += this.messageText(object, localName(object, prefix));
      }
    }
    // Last, for they use the codecs at once.
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Service) text += this.serviceText(object);
    }
    return text;
  }

  /** The exported name of a referenced message, imported when it lives in another module. */
  private reference(from: protobuf.NamespaceBase, type: string): { name: string; isEnum: boolean } {
    const full = fullNameOf(from, type);
    const found = home.get(full);
    if (found === undefined) throw new Error(`${this.parsed.file}: unknown type ${type}`);
    const isEnum = enums.has(full);
    if (found.module !== this.module && !isEnum) {
      const names = this.imports.get(found.module) ?? new Set<string>();
      this.imports.set(found.module, names.add(found.name));
    }
    return { name: found.name, isEnum };
  }

  private messageText(type: protobuf.Type, name: string): string {
    const fields = type.fieldsArray
      .slice()
      .sort((a, b) => a.id - b.id)
      .map((field) => this.field(type, field));
    const full = type.fullName.slice(1);
    const isMerged = fields.length > 0 && singular.has(full);
    const lines = [
      `export interface ${name} {`,
      ...fields.map((f) => `  ${f.name}: ${f.type};`),
      `}`,
      ``,
      `export const ${name}: Codec<${name}> = {`,
      `  name: '${full}',`,
      `  create(init) {`,
      `    const m: ${name} = { ${fields.map((f) => `${f.name}: ${f.zero}`).join(', ')} };`,
      `    return init === undefined ? m : Object.assign(m, init);`,
      `  },`,
      `  sizeOf(${fields.length ? 'm' : '_m'}) {`,
      `    let n = 0;`,
      ...fields.flatMap((f) => f.size),
      `    return n;`,
      `  },`,
      `  write(${fields.length ? 'm, w' : '_m, _w'}) {`,
      ...fields.flatMap((f) => f.write),
      `  },`,
      `  read(r, end${isMerged ? ', before' : ''}) {`,
      ...fields.map(
        (f) =>
          `    ${f.repeated && !isMerged ? 'const' : 'let'} ${f.name}${'_'}: ${f.type} = ${f.zero};`,
      ),
      ...(isMerged
        ? [
            `    if (before !== undefined) {`,
            ...fields.map((f) => `      ${f.name}_ = before.${f.name};`),
            `    }`,
          ]
        : []),
      `    while (r.position < end) {`,
      `      const tag = r.tag();`,
      `      switch (tag) {`,
      ...fields.flatMap((f) => f.read),
      `        default:`,
      `          r.skip(tag);`,
      `      }`,
      `    }`,
      `    if (r.position !== end) r.fail('field runs past its message');`,
      `    return { ${fields.map((f) => `${f.name}: ${f.name}_`).join(', ')} };`,
      `  },`,
      `};`,
      ``,
    ];
    return lines.join('\n') + '\n';
  }

  private field(parent: protobuf.Type, field: protobuf.Field) {
    const name = camelCase(field.name);
    const kind = scalar(field);
    if (kind !== undefined) {
      return withoutOthers(field, scalarField(field, name, kind, this.parsed.proto2));
    }
    const target = this.reference(parent, field.type);
    if (target.isEnum) {
      const asInt: Scalar = {
        type: 'number',
        zero: '0',
        wire: 0,
        read: 'r.int32()',
        size: (v) => `varintSize(${v})`,
        write: (v) => `w.varint(${v})`,
      };
      return withoutOthers(field, scalarField(field, name, asInt, this.parsed.proto2));
    }
    return withoutOthers(
      field,
      messageField(field, name, target.name, closesCircle(parent, field)),
    );
  }

  private serviceText(service: protobuf.Service): string {
    const full = service.fullName.slice(1);
    const lines = [`export const ${service.name}Service = {`];
    for (const method of service.methodsArray) {
      const request = this.reference(service, method.requestType).name;
      const response = this.reference(service, method.responseType).name;
      const kind = method.requestStream
        ? method.responseStream
          ? 'bidiStream'
          : 'clientStream'
        : method.responseStream
          ? 'serverStream'
          : 'unary';
      const key = method.name.charAt(0).toLowerCase() + method.name.slice(1);
      lines.push(
        `  ${key}: {`,
        `    path: '/${full}/${method.name}',`,
        `    kind: '${kind}',`,
        `    request: ${request},`,
        `    response: ${response},`,
        `  } satisfies Method<${request}, ${response}>,`,
      );
    }
    return lines.join('\n') + '\n};\n\n';
  }
}

function enumText(object: protobuf.Enum, name: string): string {
  const values = Object.entries(object.values).map(([key, value]) => `  ${key}: ${value},`);
  return `export const ${name} = {\n${values.join('\n')}\n} as const;\n\n`;
}

const enums = new Set<string>();
/** Messages that are a field of another that is not repeated. */
const singular = new Set<string>();
const messages = new Map<string, protobuf.Type>();

/** The full name of a type that is referred to from inside `from`. */
function fullNameOf(from: protobuf.NamespaceBase, type: string): string {
  for (let scope: string[] = from.fullName.slice(1).split('.'); ; scope = scope.slice(0, -1)) {
    const full = [...scope, type].join('.');
    if (home.has(full) || scope.length === 0) return full;
  }
}

/** Whether messages can hold each other without end by this field: its type leads back to its parent. */
function closesCircle(parent: protobuf.Type, field: protobuf.Field): boolean {
  const goal = parent.fullName.slice(1);
  const seen = new Set<string>();
  const leads = (full: string): boolean => {
    if (full === goal) return true;
    const type = messages.get(full);
    if (type === undefined || seen.has(full)) return false;
    seen.add(full);
    return type.fieldsArray.some((one) => leads(fullNameOf(type, one.type)));
  };
  return leads(fullNameOf(parent, field.type));
}

function note(namespace: protobuf.Namespace): void {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Enum) enums.add(object.fullName.slice(1));
    if (object instanceof protobuf.Type) {
      messages.set(object.fullName.slice(1), object);
      note(object);
    }
  }
}

const parsed = files.map(parse);
for (const one of parsed) {
  register(one.namespace, basename(one.file, '.proto').replaceAll('_', '-'), '');
  note(one.namespace);
}
for (const type of messages.values()) {
  for (const field of type.fieldsArray) {
    if (!field.repeated) singular.add(fullNameOf(type, field.type));
  }
}
for (const one of parsed) {
  const writer = new ModuleWriter(one);
  writeFileSync(join(OUT_DIR, `${writer.module}.ts`), writer.text());
}
