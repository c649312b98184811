import { WebSocketGateway } from '@nestjs/websockets'
import { HubGateway } from '../../gateway/hub.gateway.js'
import { LiveEdge } from './live-edge.js'

export const LIVE_PATH = '/v1/live'

/** The gateway that dashboards connect to. */
@WebSocketGateway({ path: LIVE_PATH })
export class LiveGateway extends HubGateway {
  constructor(protected override readonly edge: LiveEdge) {
    super()
  }
}
