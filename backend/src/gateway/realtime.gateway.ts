import { WebSocketGateway } from '@nestjs/websockets'
import { GatewayEdge } from './gateway-edge.js'
import { HubGateway } from './hub.gateway.js'
import { GATEWAY_PATH } from './opening-reader.js'

/** The gateway that clients meet. */
@WebSocketGateway({ path: GATEWAY_PATH })
export class RealtimeGateway extends HubGateway {
  constructor(protected override readonly edge: GatewayEdge) {
    super()
  }
}
