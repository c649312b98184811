import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { Hub } from '../../realtime/hub.js'
import { RevokedKeys } from './revoked-keys.js'

/** Ends the connections of an API key that was revoked. */
@Injectable()
export class KeyConnections implements OnApplicationBootstrap {
  constructor(
    private readonly hub: Hub,
    private readonly revoked: RevokedKeys,
  ) {}

  onApplicationBootstrap(): void {
    this.revoked.listen((callerId, actor) => {
      const over = [...this.hub.connections.values()].filter(
        ({ user, token }) => user === callerId && token?.service !== undefined,
      )
      for (const connection of over) this.hub.closer.disconnect(connection, 'auth_revoked', { actor })
    })
  }
}
