import { hash, verify } from '@node-rs/argon2'
import { ProblemError } from '../http/problem.js'
import { Semaphore } from '../lists/semaphore.js'

/** Argon2id with 19 MiB, two passes, one lane: the minimum of OWASP's Password Storage Cheat Sheet. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Two at a time leave part of the thread pool and a core to the gateway. */
const AT_ONCE = 2
/** About three seconds of work; beyond that a sign-in is refused with a wait instead of queued. */
const WAITING_AT_MOST = 64

/** Hashes and checks passwords, a few at a time. */
export class Passwords {
  readonly #gate = new Semaphore(AT_ONCE, WAITING_AT_MOST)
  #decoy: Promise<string> | undefined

  hash(password: string): Promise<string> {
    return this.#run(() => hash(password, cost))
  }

  /** Whether the password matches the hash; without a hash it takes just as long and returns false. */
  async matches(stored: string | null, password: string): Promise<boolean> {
    this.#decoy ??= hash('a password that nobody has', cost)
    const against = stored ?? (await this.#decoy)
    const fits = await this.#run(() => verify(against, password))
    return stored !== null && fits
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.run(work, () => {
      throw new ProblemError(503, 'busy', 'Too many sign-ins are being checked; try again in a few seconds.', {
        retryAfterMs: 3000,
      })
    })
  }
}
