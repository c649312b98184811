import { HubEdge } from './hub-edge.js'

/** The edge of the gateway port; the control port has one of its own. */
export class GatewayEdge extends HubEdge {}
