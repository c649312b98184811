// Reads the ids of the protocol's rules from its page and from the names of tests, and compares them.
import ts from 'typescript'

/** The page that defines the rules, relative to the root of the clone. */
export const PAGE = 'protocol/PROTOCOL.md'

const BRACKETED = /\[([A-Z]-\d+)\]/g
const TEST_FUNCTIONS = new Set(['it', 'test', 'describe'])
/** Tests that do not run prove nothing, so their names do not count. */
const NEVER_RUN = new Set(['skip', 'todo'])

/** The ids of the rules that a page defines, in order; an id that is defined twice appears twice. */
export function rulesIn(markdown) {
  return [...markdown.matchAll(/^- \*\*([A-Z]-\d+)\*\*/gm)].map(([, id]) => id)
}

/** The names of a file's tests and test groups, without the `${…}` in them. */
export function testNamesIn(source, file) {
  const names = []
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTestFunction(node.expression)) {
      const text = textOf(node.arguments[0])
      const line = parsed.getLineAndCharacterOfPosition(node.arguments[0]?.getStart() ?? 0).line + 1
      if (text !== undefined) names.push({ text, place: `${file}:${line}` })
    }
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return names
}

/** All faults, one line each. */
export function faultsOf(rules, names) {
  const defined = new Set(rules)
  const named = new Set()
  const faults = rules
    .filter((id, at) => rules.indexOf(id) !== at)
    .map((id) => `${id} is defined twice in ${PAGE}: give one of the two rules another id.`)
  for (const { text, place } of names) {
    const [front] = /^(?:\[[A-Z]-\d+\] )*/.exec(text)
    for (const [, id] of front.matchAll(BRACKETED)) named.add(id)
    for (const [, id] of text.matchAll(BRACKETED)) {
      if (!defined.has(id)) faults.push(`${place} names ${id}, which ${PAGE} does not define.`)
    }
    for (const [id] of text.slice(front.length).matchAll(/(?<![\w-])[A-Z]-\d+(?![\w-])/g)) {
      if (defined.has(id)) faults.push(`${place} names ${id} elsewhere: write [${id}] at the front of the test's name.`)
    }
  }
  for (const id of defined) {
    if (!named.has(id))
      faults.push(`${id} is named by no test: write [${id}] at the front of the name of a test that shows it.`)
  }
  return faults
}

/** Whether a call of this defines a test or a group: `it`, `it.each(…)`, `describe.runIf(…)` and so on. */
function isTestFunction(callee) {
  if (ts.isIdentifier(callee)) return TEST_FUNCTIONS.has(callee.text)
  if (ts.isPropertyAccessExpression(callee))
    return !NEVER_RUN.has(callee.name.text) && isTestFunction(callee.expression)
  if (ts.isCallExpression(callee)) return isTestFunction(callee.expression)
  return ts.isTaggedTemplateExpression(callee) && isTestFunction(callee.tag)
}

function textOf(node) {
  if (node === undefined) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('')
}
