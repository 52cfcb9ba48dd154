// The features of cloudfront-js-2.0, as AWS documents them: a context with those globals and methods and no others, and
// a check that the code uses no other syntax. Node's own engine would accept much more.
import { createHash, createHmac } from 'node:crypto';
import vm from 'node:vm';
import { parse } from 'acorn';
import { full } from 'acorn-walk';

const GLOBALS = `Object Function Array String Number Boolean Math Date RegExp JSON Promise Symbol Error EvalError RangeError
  ReferenceError SyntaxError TypeError URIError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array
  Uint16Array Int32Array Uint32Array Float32Array Float64Array NaN Infinity undefined globalThis isFinite isNaN parseFloat
  parseInt decodeURI decodeURIComponent encodeURI encodeURIComponent`.split(/\s+/);

const METHODS = {
  'String.prototype': `charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf match matchAll padEnd
    padStart repeat replace replaceAll search slice split startsWith substr substring toLowerCase toString toUpperCase trim
    trimEnd trimStart valueOf`,
  'Array.prototype': `concat copyWithin every fill filter find findIndex forEach includes indexOf join lastIndexOf map pop
    push reduce reduceRight reverse shift slice some sort splice toString unshift`,
  Object: `assign create defineProperties defineProperty entries freeze getOwnPropertyDescriptor
    getOwnPropertyDescriptors getOwnPropertyNames getPrototypeOf is isExtensible isFrozen isSealed keys preventExtensions
    seal setPrototypeOf values`,
  'RegExp.prototype': 'exec flags global ignoreCase lastIndex multiline source test toString',
};

/** The function's `handler`, with a KeyValueStore that holds `values`, at `now` in seconds since 1970. */
export function load(code, values, now) {
  const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
  vm.runInContext(`(${restrict})(${JSON.stringify(GLOBALS)}, ${JSON.stringify(METHODS)})`, context);
  const cf = { kvs: () => ({ get: async (key) => values[key] ?? Promise.reject(new Error('KeyNotFound')) }) };
  const require = (name) => {
    if (name !== 'crypto') throw new Error(`no module ${name}`);
    return { createHash, createHmac };
  };
  const script = code.replace(/^import cf from 'cloudfront';/, '');
  const wrapped = `'use strict'; (cf, require, now) => { Date.now = () => now * 1000; ${script}\nreturn handler; }`;
  return vm.runInContext(wrapped, context)(cf, require, now);
}

/** Runs inside the context. */
function restrict(globals, methods) {
  for (const name of Object.getOwnPropertyNames(globalThis)) if (!globals.includes(name)) delete globalThis[name];
  for (const [path, names] of Object.entries(methods)) {
    const owner = path.split('.').reduce((value, name) => value[name], globalThis);
    const known = names.split(/\s+/).concat('constructor', 'length', 'name', 'prototype');
    for (const name of Object.getOwnPropertyNames(owner)) if (!known.includes(name)) delete owner[name];
  }
}

const SYNTAX = `Program ImportDeclaration ImportDefaultSpecifier VariableDeclaration VariableDeclarator FunctionDeclaration
  FunctionExpression ArrowFunctionExpression BlockStatement ExpressionStatement EmptyStatement ReturnStatement IfStatement
  ForStatement ForInStatement WhileStatement DoWhileStatement SwitchStatement SwitchCase BreakStatement ContinueStatement
  LabeledStatement ThrowStatement TryStatement CatchClause AssignmentExpression UpdateExpression UnaryExpression
  BinaryExpression LogicalExpression ConditionalExpression SequenceExpression CallExpression NewExpression
  MemberExpression ArrayExpression ObjectExpression Property Identifier Literal TemplateLiteral TemplateElement
  ThisExpression AwaitExpression`.split(/\s+/);

/** The syntax that the runtime would reject; empty if it accepts all. */
export function faults(code) {
  const found = [];
  const fault = (node, what) => found.push(`${what}: ${code.slice(node.start, node.start + 60)}`);
  let tree;
  try {
    tree = parse(code, { ecmaVersion: 2017, sourceType: 'module' });
  } catch (error) {
    return [error.message];
  }
  full(tree, (node) => {
    if (!SYNTAX.includes(node.type)) fault(node, node.type);
    if (node.type === 'ImportDeclaration' && node.source.value !== 'cloudfront') fault(node, 'import');
    const newer = node.shorthand || node.computed || node.method || node.kind !== 'init';
    if (node.type === 'Property' && newer) fault(node, 'property');
    if (node.params?.some((parameter) => parameter.type !== 'Identifier')) fault(node, 'parameters');
    if (node.async && node.type !== 'FunctionDeclaration') fault(node, 'async closure');
    if (node.arguments?.some((argument) => argument.type === 'AwaitExpression')) fault(node, 'await as an argument');
    const pattern = node.regex && (/[^gim]/.test(node.regex.flags) || /\(\?(<|[imsx-])|\\[pPk]/.test(node.regex.pattern));
    if (pattern) fault(node, 'regular expression');
  });
  return found;
}
