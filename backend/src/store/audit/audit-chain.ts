import { sql, type Selectable } from 'kysely'
import type { AuditCheck, AuditRow } from '@gatehouse/protocol/rest'
import { storableJson } from '../postgres/storable.js'
import type { AuditTable, Database } from '../postgres/tables.js'
import type { ActorKind } from '../repositories/audit-log.js'
import { canonicalJson } from './canonical-json.js'
import { chainHash, firstHash, type StampedEntry } from './chain-hash.js'

/** "gatehous" in ASCII. */
const lockKey = 0x67_61_74_65_68_6f_75_73n
const VERIFY_PAGE = 250

/** The audit table: each row has a hash over all rows before it. */
export class AuditChain {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Adds entries in order, in one transaction; skips those that are already there. */
  async add(entries: readonly StampedEntry[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      // Two writers that read the same head would fork the chain.
      await sql`SELECT pg_advisory_xact_lock(${lockKey})`.execute(tx)
      const there = await tx
        .selectFrom('audit')
        .select('entry_id')
        .where(
          'entry_id',
          'in',
          entries.map((entry) => entry.entryId),
        )
        .execute()
      const known = new Set(there.map((row) => row.entry_id))
      const fresh = entries.filter((entry) => !known.has(entry.entryId))
      if (fresh.length === 0) return
      let { seq, hash } = await tx.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
      const rows = fresh.map((entry) => {
        seq++
        hash = chainHash(hash, seq, entry)
        return rowOf(entry, seq, hash)
      })
      await tx.insertInto('audit').values(rows).execute()
      await tx.updateTable('audit_head').set({ seq, hash }).execute()
    })
  }

  /** Recomputes every hash from the first row to the head. */
  async verify(): Promise<AuditCheck> {
    const head = await this.#db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
    let hash = firstHash
    let seq = 0
    for (;;) {
      const rows = await this.#db
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>', seq)
        .where('seq', '<=', head.seq)
        .orderBy('seq')
        .limit(VERIFY_PAGE)
        .execute()
      for (const row of rows) {
        const expected = seq + 1
        hash = chainHash(hash, expected, entryOf(row))
        if (row.seq !== expected || row.hash !== hash)
          return { rows: seq, intact: false, brokenAt: expected, head: head.hash }
        seq = expected
      }
      if (rows.length < VERIFY_PAGE) break
    }
    const isWhole = seq === head.seq && hash === head.hash
    return {
      rows: seq,
      intact: isWhole,
      brokenAt: isWhole ? null : seq + 1,
      head: seq === 0 && isWhole ? null : head.hash,
    }
  }
}

/** The entry with its texts as PostgreSQL will return them, so that the hash matches what is stored. */
export function storableEntry(entry: StampedEntry): StampedEntry {
  return JSON.parse(storableJson(entry)) as StampedEntry
}

function rowOf(entry: StampedEntry, seq: number, hash: string) {
  return {
    seq,
    entry_id: entry.entryId,
    at: entry.at,
    actor: entry.actor,
    actor_kind: entry.actorKind,
    action: entry.action,
    target: entry.target,
    outcome: entry.outcome,
    address: entry.address,
    request_id: entry.requestId,
    detail: canonicalJson(entry.detail),
    hash,
  }
}

function entryOf(row: Selectable<AuditTable>): StampedEntry {
  return {
    entryId: row.entry_id,
    at: row.at,
    actor: row.actor,
    actorKind: row.actor_kind as ActorKind,
    action: row.action,
    target: row.target,
    outcome: row.outcome as AuditRow['outcome'],
    address: row.address,
    requestId: row.request_id,
    detail: row.detail,
  }
}
