import type { Me, Verb } from '@gatehouse/protocol/rest'
import { ApiError, type Api } from './api.js'

/** Who is signed in. */
export class Session {
  #me = $state.raw<Me | null>(null)
  /** `unknown` until the node has answered once. */
  state = $state<'unknown' | 'in' | 'out' | 'unreachable'>('unknown')

  constructor(private readonly api: Api) {
    api.onSignedOut = () => this.#leave()
  }

  get me(): Me | null {
    return this.#me
  }

  /** Asks the node who this is. */
  async load(): Promise<void> {
    try {
      this.#me = await this.api.get<Me>('/v1/me')
      this.state = 'in'
    } catch (cause) {
      if (!(cause instanceof ApiError && cause.status === 401)) this.state = 'unreachable'
    }
  }

  /** Whether the role holds a verb. The server checks again; this only hides buttons whose requests would be refused. */
  can(verb: Verb): boolean {
    return this.#me?.verbs.includes(verb) ?? false
  }

  async signOut(): Promise<void> {
    await this.api.post('/v1/signout')
    this.#leave()
  }

  #leave(): void {
    this.#me = null
    this.state = 'out'
  }
}
