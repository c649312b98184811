import { BanList, type BanHit } from '../../realtime/ports/ban-list.js'
import type { Clock } from '../../realtime/ports/clock.js'
import { BanRepository, type StoredBan } from '../repositories/ban-repository.js'
import { Refresher } from '../refresher.js'
import { AddressMatcher } from './address-matcher.js'
import type { BanHits } from './ban-hits.js'

const REFRESH_MS = 3_000

/** The bans in this node's memory; they stay in force while PostgreSQL is down. */
export class BanCache extends BanList {
  readonly #bans: BanRepository
  readonly #clock: Clock
  readonly #hits: BanHits
  readonly #refresher: Refresher
  #revision = -1
  #count = 0
  #byUser: ReadonlyMap<string, StoredBan> = new Map()
  #byAddress = new AddressMatcher<StoredBan>([])

  constructor(bans: BanRepository, clock: Clock, hits: BanHits) {
    super()
    this.#bans = bans
    this.#clock = clock
    this.#hits = hits
    this.#refresher = new Refresher(clock, REFRESH_MS, () => this.#read())
    bans.onChange(() => this.#refresher.refreshSoon())
  }

  /** Reads the bans for the first time. @throws StoreUnavailable */
  start(): Promise<void> {
    return this.#refresher.start()
  }

  stop(): void {
    this.#refresher.stop()
  }

  /** Resolves when every ban stored before the call is in force on this node. @throws StoreUnavailable */
  refresh(): Promise<void> {
    return this.#refresher.refresh()
  }

  override ageMs(): number {
    return this.#refresher.ageMs()
  }

  /** Bans in force or about to end. */
  count(): number {
    return this.#count
  }

  override user(subject: string): BanHit | undefined {
    const ban = this.#byUser.get(subject)
    return ban !== undefined && this.#isInForce(ban) ? this.#hit(ban) : undefined
  }

  override address(address: string): BanHit | undefined {
    const ban = this.#byAddress.find(address, (found) => this.#isInForce(found))
    return ban === undefined ? undefined : this.#hit(ban)
  }

  async #read(): Promise<void> {
    const revision = await this.#bans.revision()
    if (revision === this.#revision) return
    const bans = await this.#bans.all()
    this.#byUser = new Map(bans.filter((ban) => ban.kind === 'user').map((ban) => [ban.value, ban]))
    this.#byAddress = new AddressMatcher(
      bans.filter((ban) => ban.kind === 'address').map((ban) => [ban.value, ban] as const),
    )
    this.#hits.keep(new Set(bans.map((ban) => ban.id)))
    this.#count = bans.length
    this.#revision = revision
  }

  #isInForce(ban: StoredBan): boolean {
    return ban.expiresAt === null || ban.expiresAt > this.#clock.wallMs()
  }

  #hit(ban: StoredBan): BanHit {
    this.#hits.add(ban.id)
    return { id: ban.id, kind: ban.kind, expiresAt: ban.expiresAt, message: ban.message }
  }
}
