import type { Database } from './tables.js'

export type RevisionName = 'bans' | 'room_states'

/** Raises a table's revision. Call it in the transaction of the change, so that readers see both or neither. */
export async function raiseRevision(tx: Database, name: RevisionName): Promise<void> {
  await tx
    .updateTable('revisions')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', name)
    .execute()
}

export async function readRevision(db: Database, name: RevisionName): Promise<number> {
  const row = await db.selectFrom('revisions').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  return row.value
}
