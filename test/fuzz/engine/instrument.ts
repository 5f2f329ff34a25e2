// Puts counters into TypeScript sources: a call at each branch, and calls around comparisons and allocations. Text is only
// inserted, never on a line of its own, so that line numbers stay those of the source.
import ts from 'typescript';

/** Names under which the calls are imported; no source uses them. */
const HIT = '__fuzzHit';
const SAME = '__fuzzSame';
const SOUGHT = '__fuzzSought';
const SIZED = '__fuzzSized';

const LOOK_UPS = new Set(['startsWith', 'endsWith', 'includes', 'indexOf', 'equals', 'has', 'get']);
const ARRAYS = /^(Uint8|Uint16|Uint32|Int32|Float64|BigUint64|BigInt64)?Array(Buffer)?$/;
const BUFFER_CALLS = /^Buffer\.alloc(Unsafe|UnsafeSlow)?$/;

/**
 * The source with its counters, still TypeScript.
 * @param coverageUrl where `hit` and the others are imported from
 */
export function instrument(path: string, source: string, coverageUrl: string): string {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const names = `hit as ${HIT}, same as ${SAME}, sought as ${SOUGHT}, sized as ${SIZED}`;
  const prologue = `import { ${names} } from ${JSON.stringify(coverageUrl)};`;
  const shebang = ts.getShebang(source) ?? '';
  const body = new Instrumenter(file, hash(path)).textOf(file).slice(shebang.length);
  return prologue + body;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

class Instrumenter {
  private readonly source: string;
  private readonly file: ts.SourceFile;
  private readonly salt: number;

  constructor(file: ts.SourceFile, salt: number) {
    this.file = file;
    this.source = file.text;
    this.salt = salt;
  }

  /** The text of a node with what stands before it, instrumented. */
  textOf(node: ts.Node): string {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || isDeclared(node)) {
      return this.source.slice(node.pos, node.end);
    }
    const inner = this.innerText(node);
    return this.around(node, inner);
  }

  private innerText(node: ts.Node): string {
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    children.sort((a, b) => a.pos - b.pos);
    let text = '';
    let at = node.pos;
    for (const child of children) {
      if (child.pos < at) continue;
      text += this.source.slice(at, child.pos) + this.textOf(child);
      at = child.end;
    }
    return text + this.source.slice(at, node.end);
  }

  private around(node: ts.Node, text: string): string {
    const { parent } = node;
    if (parent === undefined) return text;
    if (isCountedBlock(node)) return this.countBlock(node, text);
    if (isBranchStatement(node)) return this.countStatement(node, text);
    if (ts.isCaseOrDefaultClause(node)) return this.countClause(node, text);
    const watched = this.watch(node, text);
    return isBranchExpression(node) ? `(${this.call(node)}, ${watched})` : watched;
  }

  private watch(node: ts.Node, text: string): string {
    if (isLookUpArgument(node)) return `${SOUGHT}(${text})`;
    if (isAllocationSize(node)) return `${SIZED}(${text})`;
    return ts.isBinaryExpression(node) ? this.comparison(node, text) : text;
  }

  private call(node: ts.Node): string {
    const place = Math.imul(this.salt ^ node.pos, 0x9e3779b1) >>> 8;
    return `${HIT}(${place})`;
  }

  private countBlock(node: ts.Node, text: string): string {
    const brace = node.getStart(this.file) - node.pos + 1;
    return `${text.slice(0, brace)}${this.call(node)};${text.slice(brace)}${this.otherwise(node)}`;
  }

  private countStatement(node: ts.Statement, text: string): string {
    return ` {${this.call(node)};${text}}${this.otherwise(node)}`;
  }

  /** The branch that an `if` without `else` does not write. */
  private otherwise(node: ts.Node): string {
    const { parent } = node;
    const isMissing =
      ts.isIfStatement(parent) && parent.thenStatement === node && !parent.elseStatement;
    return isMissing ? ` else {${HIT}(${(this.salt ^ (parent.pos * 7 + 3)) >>> 8})}` : '';
  }

  private countClause(node: ts.CaseOrDefaultClause, text: string): string {
    const first = node.statements[0];
    if (first === undefined) return `${text} ${this.call(node)};`;
    // Nothing in front of the statements is longer than in the source but the expression of a `case`.
    const head = ts.isCaseClause(node)
      ? this.source.slice(node.pos, node.expression.pos) +
        this.textOf(node.expression) +
        this.source.slice(node.expression.end, first.pos)
      : this.source.slice(node.pos, first.pos);
    return `${head} ${this.call(node)};${text.slice(head.length)}`;
  }

  private comparison(node: ts.BinaryExpression, text: string): string {
    const kind = node.operatorToken.kind;
    const isEqual = kind === ts.SyntaxKind.EqualsEqualsEqualsToken;
    if (!isEqual && kind !== ts.SyntaxKind.ExclamationEqualsEqualsToken) return text;
    if (![node.left, node.right].every(isWorthComparing)) return text;
    const operands = `${this.textOf(node.left)},${this.textOf(node.right)}`;
    return ` ${isEqual ? '' : '!'}${SAME}(${operands})`;
  }
}

function isDeclared(node: ts.Node): boolean {
  if (ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return true;
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

function isCountedBlock(node: ts.Node): boolean {
  if (!ts.isBlock(node)) return false;
  const { parent } = node;
  return ts.isFunctionLike(parent) || ts.isCatchClause(parent) || isBranchStatement(node);
}

/** A statement that stands alone where a block could. */
function isBranchStatement(node: ts.Node): node is ts.Statement {
  const { parent } = node;
  if (ts.isIfStatement(parent)) return parent.expression !== node;
  return ts.isIterationStatement(parent, false) && parent.statement === node;
}

const CONDITIONAL = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

/** An expression that is only evaluated sometimes. */
function isBranchExpression(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) {
    return parent.whenTrue === node || parent.whenFalse === node;
  }
  if (ts.isBinaryExpression(parent)) {
    return parent.right === node && CONDITIONAL.has(parent.operatorToken.kind);
  }
  return ts.isArrowFunction(parent) && parent.body === node && !ts.isBlock(node);
}

const WORTHLESS = new Set([
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.NullKeyword,
  ts.SyntaxKind.TypeOfExpression,
]);

function isWorthComparing(node: ts.Expression): boolean {
  return !WORTHLESS.has(node.kind) && !(ts.isIdentifier(node) && node.text === 'undefined');
}

function isLookUpArgument(node: ts.Node): boolean {
  const { parent } = node;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  const callee = parent.expression;
  return ts.isPropertyAccessExpression(callee) && LOOK_UPS.has(callee.name.text);
}

function isAllocationSize(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isSpreadElement(node)) return false;
  if (ts.isNewExpression(parent)) {
    return parent.arguments?.[0] === node && ARRAYS.test(parent.expression.getText());
  }
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  return BUFFER_CALLS.test(parent.expression.getText());
}
