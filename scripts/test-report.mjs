// Counts the tests in Vitest's JSON reports.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { ROOT } from './clone.mjs'

/** Of a message that is shown in a line. */
const MOST_CHARACTERS = 300

/** The failed tests of one run in a line each: its file, its name, and the beginning of what was wrong. */
export function failuresIn(reportFile) {
  return (readReport(reportFile)?.testResults ?? []).flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === 'failed')
    const place = file.name === undefined ? '' : `${relative(ROOT, file.name)}: `
    if (failed.length === 0) return file.status === 'failed' ? [`${place}${firstLine(file.message)}`] : []
    return failed.map((test) => `${place}${test.fullName}: ${firstLine(test.failureMessages?.[0])}`)
  })
}

const firstLine = (text) => (text ?? 'no message').split('\n', 1)[0].slice(0, MOST_CHARACTERS)

/**
 * The counts of one run of a package's tests. A run that failed without a failed test (a file that does not load, an
 * error outside any test, no test at all) counts as one failure, so that it never passes for a success.
 */
export function countTests(reportFile, exitCode) {
  const report = readReport(reportFile)
  const passed = report?.numPassedTests ?? 0
  const broken = (report?.testResults ?? []).filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = (report?.numFailedTests ?? 0) + broken
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped }
}

function readReport(file) {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
