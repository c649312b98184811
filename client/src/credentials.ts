import type { ConnectOptions } from './options.js'
import { RequestError } from './request-error.js'

/** The credentials that the application gave. */
export class Credentials {
  constructor(private readonly options: ConnectOptions) {}

  /** False where the opening itself authenticates, as with a cookie. */
  get areSent(): boolean {
    return this.options.token !== undefined || this.options.getToken !== undefined
  }
  get canRenew(): boolean {
    return this.options.getToken !== undefined
  }

  async token(): Promise<string> {
    const token = this.options.getToken === undefined ? this.options.token : await this.options.getToken()
    if (token === undefined) throw new RequestError('not_authenticated', 'there is no getToken to ask for a new token')
    return token
  }

  /** The data of a `connect` request. */
  async facts(session: string | undefined): Promise<object> {
    const { client, labels } = this.options
    const token = await this.token()
    return { token, ...(session && { session }), ...(client && { client }), ...(labels && { labels }) }
  }
}
