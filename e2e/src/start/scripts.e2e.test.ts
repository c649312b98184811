import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Runtime {
  isAccepted(version: string): boolean
  platformProblem(facts: {
    platform: string
    arch: string
    isMusl: boolean
    hasAcceptedNode: boolean
  }): string | undefined
}

interface TestName {
  readonly text: string
  readonly place: string
}

interface RuleIds {
  rulesIn(markdown: string): string[]
  testNamesIn(source: string, file: string): TestName[]
  faultsOf(rules: readonly string[], names: readonly TestName[]): string[]
}

interface TestReport {
  countTests(file: string, exitCode: number): { passed: number; failed: number; skipped: number }
  failuresIn(file: string): string[]
}

// The scripts are plain JavaScript without types. A computed URL keeps the type check from looking for any.
const load = async <T>(name: string): Promise<T> =>
  (await import(new URL(`../../../scripts/${name}.mjs`, import.meta.url).href)) as T

describe('the choice of a Node', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await load('runtime')
  })

  it.each([
    ['24.22.1', true],
    ['24.23.0', true],
    ['26.12.1', true],
    ['28.0.0', true],
    ['24.22.0', false],
    ['24.21.0', false],
    ['25.9.0', false],
    ['26.12.0', false],
    ['22.23.4', false],
    ['18.20.8', false],
  ])("takes the system's %s: %s", (version, isTaken) => {
    expect(runtime.isAccepted(version)).toBe(isTaken)
  })

  it.each([
    [{ platform: 'win32', arch: 'x64' }, /WSL/],
    [{ platform: 'linux', arch: 'x64', isMusl: true }, /musl/],
    [{ platform: 'darwin', arch: 'arm64' }, /Install Node\.js 24\.22\.1/],
    [{ platform: 'linux', arch: 'riscv64' }, /linux-riscv64/],
  ])('says in one line what to do on %o', (facts, expected) => {
    const problem = runtime.platformProblem({ isMusl: false, hasAcceptedNode: false, ...facts })
    expect(problem).toMatch(expected)
    expect(problem).not.toContain('\n')
  })

  it.each([
    { platform: 'linux', arch: 'x64', hasAcceptedNode: false },
    { platform: 'linux', arch: 'arm64', hasAcceptedNode: false },
    { platform: 'darwin', arch: 'x64', hasAcceptedNode: false },
    { platform: 'darwin', arch: 'arm64', hasAcceptedNode: true },
  ])('finds nothing wrong with %o', (facts) => {
    expect(runtime.platformProblem({ isMusl: false, ...facts })).toBeUndefined()
  })
})

describe('the count of tests', () => {
  let folder: string
  let report: TestReport
  beforeAll(async () => {
    report = await load('test-report')
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-count-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const count = (content: object, exitCode: number) => {
    const file = join(folder, 'report.json')
    writeFileSync(file, JSON.stringify(content))
    return report.countTests(file, exitCode)
  }

  it('adds up what passed, failed and was skipped', () => {
    const counts = count(
      { numPassedTests: 3, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1, testResults: [] },
      1,
    )
    expect(counts).toEqual({ passed: 3, failed: 2, skipped: 2 })
  })

  it('counts a file that does not load as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults }, 1).failed).toBe(1)
  })

  it('counts an error outside any test as a failure', () => {
    expect(count({ numPassedTests: 3, numFailedTests: 0, testResults: [] }, 1).failed).toBe(1)
  })

  it('names each failed test and each file that does not load in one line', () => {
    const file = join(folder, 'failures.json')
    const assertionResults = [
      { status: 'passed', fullName: 'a room opens' },
      { status: 'failed', fullName: 'a room closes', failureMessages: ['Error: it stayed open\n    at room.ts:1'] },
    ]
    const testResults = [
      { name: new URL('../../../e2e/a.test.ts', import.meta.url).pathname, status: 'failed', assertionResults },
      { status: 'failed', message: 'SyntaxError: no\nmore', assertionResults: [] },
      { status: 'passed', assertionResults: [] },
    ]
    writeFileSync(file, JSON.stringify({ testResults }))
    expect(report.failuresIn(file)).toEqual(['e2e/a.test.ts: a room closes: Error: it stayed open', 'SyntaxError: no'])
    expect(report.failuresIn(join(folder, 'absent.json'))).toEqual([])
  })

  it('counts a run without a report as a failure', () => {
    expect(report.countTests(join(folder, 'absent.json'), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('the rules of the protocol and the tests that name them', () => {
  let check: RuleIds
  beforeAll(async () => {
    check = await load('rule-ids')
  })

  const faultsOf = (markdown: string, source: string): string[] =>
    check.faultsOf(check.rulesIn(markdown), check.testNamesIn(source, 'a.test.ts'))

  it('agree if each rule is at the front of the name of a test', () => {
    const page = '- **Q-1** One.\n- **Q-2** Two, see Q-1.\n  - **Q-9** no rule\n- **Q-10** Ten.'
    const source = `
      it.each<string>(['a'])('[Q-1] [Q-2] takes %s in UTF-8', () => {})
      for (const n of [1]) test(\`[Q-10] takes \${n} of \${n}\`, () => {})
    `
    expect(faultsOf(page, source)).toEqual([])
  })

  it.each([
    ['a rule that no test names', '- **Q-1** One.', "it('takes one', () => {})", /^Q-1 is named by no test/],
    ['a rule that is in no name', '- **Q-1** One.', "it('takes one', () => say('[Q-1] one'))", /^Q-1 is named by no/],
    ['a rule of a skipped test', '- **Q-1** One.', "it.skip('[Q-1] one', () => {})", /^Q-1 is named by no test/],
    ['an id of no rule', '', "\ndescribe('[Q-7] seven', () => {})", /^a\.test\.ts:2 names Q-7, which .* not define/],
    ['an id of no rule at the end', '', "it('seven [Q-7]', () => {})", /^a\.test\.ts:1 names Q-7, which .* not define/],
    ['a rule that is defined twice', '- **Q-1** One.\n- **Q-1** Two.', "it('[Q-1] one')", /^Q-1 is defined twice/],
    [
      'an id that is not at the front',
      '- **Q-1** One.',
      "it('[Q-1] one', () => {})\nit('two (Q-1)', () => {})",
      /^a\.test\.ts:2 names Q-1 elsewhere/,
    ],
  ])('do not agree on %s, which is reported in one line', (_, page, source, expected) => {
    const faults = faultsOf(page, source)
    expect(faults).toEqual([expect.stringMatching(expected)])
    expect(faults[0]).not.toContain('\n')
  })
})
