// The components' arguments are written down once more, for Pulumi reads interfaces and not a schema: here they are held
// to the configuration.
import * as fs from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterShape } from '../config.ts';
import * as choices from './choices.ts';

interface JsonSchema {
  /** False for sections; something else for maps, whose keys are the user's. */
  readonly additionalProperties?: unknown;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

interface Property {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly isOptional: boolean;
}

function interfacesOf(file: string): [string, Property[]][] {
  const text = fs.readFileSync(new URL(file, import.meta.url), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isInterfaceDeclaration).map((declaration) => [
    declaration.name.text,
    declaration.members.filter(ts.isPropertySignature).map((member) => ({
      name: member.name.getText(),
      type: member.type?.getText() ?? '',
      doc: ts.getJSDocCommentsAndTags(member).map(String).join(''),
      isOptional: member.questionToken !== undefined,
    })),
  ]);
}

const interfaces = new Map([...interfacesOf('./args.ts'), ...interfacesOf('./args-upkeep.ts')]);
const enums = new Map(
  Object.entries(choices).map(([name, values]) => [name, Object.values(values)]),
);

/** Visits each argument beside its part of the schema. */
function walk(
  name: string,
  schema: JsonSchema,
  path: string,
  visit: (path: string, property: Property, schema: JsonSchema) => void,
): void {
  for (const property of interfaces.get(name)!) {
    const at = `${path}${property.name}`;
    const own = schema.properties?.[property.name] ?? {};
    visit(at, property, own);
    const inner = /\b(\w+Args)\b/.exec(property.type)?.[1];
    if (inner !== undefined) walk(inner, own.items ?? own, `${at}.`, visit);
  }
}

function keysOf(schema: JsonSchema, path: string): string[] {
  if (schema.additionalProperties !== false) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([key, each]) => [
    `${path}${key}`,
    ...keysOf(each.items ?? each, `${path}${key}.`),
  ]);
}

const schema = z.toJSONSchema(clusterShape.omit({ local: true }), { io: 'input' }) as JsonSchema;

describe('arguments', () => {
  it('are the keys of the configuration, each with a line of its own and none required', () => {
    const found: string[] = [];
    walk('ClusterArgs', schema, '', (path, { doc, isOptional }) => {
      found.push(path);
      expect(doc, path).not.toBe('');
      expect(isOptional, path).toBe(true);
    });
    expect(found.toSorted()).toEqual(keysOf(schema, '').toSorted());
  });

  it('choose from the same words', () => {
    const compared: string[] = [];
    walk('ClusterArgs', schema, '', (path, { type }, { enum: words }) => {
      const name = type.replace(/^Input<(.*)>$/, '$1');
      const values = enums.get(name);
      expect(values?.toSorted(), path).toEqual(words?.toSorted());
      if (values !== undefined) compared.push(name);
    });
    expect(new Set(compared)).toEqual(new Set(enums.keys()));
  });

  it('that decide which resources there are, are plain', () => {
    const waiting: string[] = [];
    walk('ClusterArgs', schema, '', (path, { type }) => {
      if (/^Input</.test(type)) waiting.push(path);
    });
    const structural = [
      ...['name', 'tls.issuer', 'tls.mode', 'tls.certManager.issuerName', 'backup.enabled'],
      ...['backup.verify', 'backup.destination.kind', 'backup.destination.volume.existingClaim'],
      ...['disruptionBudget.enabled', 'networkPolicy.enabled', 'monitoring.dashboard.enabled'],
      ...['monitoring.serviceMonitor.enabled', 'monitoring.prometheusRule.enabled'],
    ];
    expect(waiting.filter((path) => structural.includes(path))).toEqual([]);
    expect(waiting).toContain('backup.destination.s3.bucket');
  });
});
