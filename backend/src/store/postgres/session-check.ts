import { StartRefusal } from '../../config/start-refusal.js'

/** What the check needs of a pg client. */
export interface SessionClient {
  query(text: string): Promise<{ rows: { pid: number }[] }>
}

const TRANSACTION_POOLED =
  'DATABASE_URL names a pooler that changes the server connection between transactions (pgbouncer in transaction mode): advisory locks, LISTEN and settings need a session connection. Use the direct address of PostgreSQL, or pool_mode=session.'

/**
 * Refuses connections that are shared between transactions. Two clients connected at the same time must have two server
 * processes; through a transaction pooler both see the same one, or a different one for each statement.
 *
 * @throws StartRefusal
 */
export async function checkSession(first: SessionClient, second: SessionClient): Promise<void> {
  const before = await pidOf(first)
  await second.query('BEGIN')
  try {
    const other = await pidOf(second)
    const after = await pidOf(first)
    if (other === before || after !== before) throw new StartRefusal(TRANSACTION_POOLED)
  } finally {
    await second.query('ROLLBACK')
  }
}

async function pidOf(client: SessionClient): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
