import { expect, it } from 'vitest'
import { auditOperations } from './operation-audit.js'
import { EngineRig } from '../operations/testing/engine-rig.js'
import { AuditLog, type AuditEntry, type AuditReceipt } from '../store/repositories/audit-log.js'

/** An audit log that only remembers its entries. */
class RememberedAudit extends AuditLog {
  readonly entries: AuditEntry[] = []

  append(entry: AuditEntry): Promise<AuditReceipt> {
    this.entries.push(entry)
    return Promise.resolve({ audited: true })
  }

  list(): never {
    throw new Error('list is not used in this test')
  }

  verify(): never {
    throw new Error('verify is not used in this test')
  }

  waiting(): number {
    return 0
  }

  lost(): number {
    return 0
  }

  rows(): unknown[] {
    return this.entries.map(({ actor, actorKind, action, target, outcome }) => [
      `${actorKind}:${actor}`,
      action,
      target,
      outcome,
    ])
  }
}

function auditedRig() {
  const rig = new EngineRig()
  const audit = new RememberedAudit()
  auditOperations(rig.engine, audit)
  return { rig, audit }
}

it('records that a stop signal started a drain, why, and how it ended', async () => {
  const { rig, audit } = auditedRig()
  rig.connect(5)
  const over = rig.engine.shutdown('SIGTERM')
  rig.clock.advance(25_000)
  const { id } = await over
  expect(audit.rows()).toEqual([
    ['system:system', 'operation.started', id, 'ok'],
    ['system:system', 'operation.completed', id, 'ok'],
  ])
  expect(audit.entries[1]?.detail).toMatchObject({
    kind: 'drain',
    orderedBy: 'SIGTERM',
    reason: 'The process was told to stop (SIGTERM).',
    connections: 5,
    closedClean: 5,
    remaining: 0,
  })
})

it('records only the end of an operation that an operator ordered', async () => {
  const { rig, audit } = auditedRig()
  rig.connect(5)
  const { id } = await rig.drain({ durationMs: 1000 })
  rig.engine.pause(id, 'pat')
  rig.engine.resume(id, 'pat')
  expect(audit.entries).toEqual([])
  rig.clock.advance(5000)
  expect(audit.rows()).toEqual([['system:system', 'operation.completed', id, 'ok']])
  rig.engine.returnToService(id)
  const { id: next } = await rig.drain()
  expect(audit.entries.at(-1)?.target).toBe(next)
  rig.engine.returnToService(next)
  rig.connect(5)
  const { id: cancelled } = await rig.drain({ rate: 1 })
  rig.engine.cancel(cancelled, 'pat')
  expect(audit.entries.filter(({ target }) => target === cancelled)).toEqual([])
})

it('records operations that a forced drain cancelled or a restart made fail', async () => {
  const { rig, audit } = auditedRig()
  rig.connect(5)
  const { id: rival } = await rig.drain({ rate: 1, onDone: 'serve' })
  await rig.drain({ rate: 1, onDone: 'serve' }, { force: true })
  expect(audit.rows()).toEqual([['system:system', 'operation.cancelled', rival, 'ok']])
  expect(audit.entries[0]?.detail).toMatchObject({ by: 'olga', failure: 'another drain was forced' })
  await rig.written()

  const next = new EngineRig({ operations: rig.operations })
  const later = new RememberedAudit()
  auditOperations(next.engine, later)
  await next.engine.restore()
  expect(later.entries.map(({ action, outcome, detail }) => [action, outcome, detail['failure']])).toEqual([
    ['operation.failed', 'failed', 'node restarted'],
  ])
})
